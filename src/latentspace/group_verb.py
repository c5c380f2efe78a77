"""The verb `group`: whom a recipe selects, which groups are saved, and what sets groups apart."""

import argparse
import json
import sys
from pathlib import Path

from latentspace.answers import SavedGroup
from latentspace.comparison.answer import CompareOptions, Side
from latentspace.comparison.text import Form
from latentspace.errors import InputError
from latentspace.explorer import Explorer
from latentspace.groups import Recipe, parse, to_json
from latentspace.options import Answer
from latentspace.survival.text import survival_text
from latentspace.workspace import open_folder


def group(chosen: argparse.Namespace) -> Answer:
    """Ids of those whom the recipe selects; of each saved group, by letter, its name, recipe and number; or a table.

    Raises:
        InputError: no recipe, or one that asks what the workspace cannot answer.
    """
    workspace = open_folder(chosen.workspace)
    explorer = Explorer(workspace, workspace.run(chosen.run), chosen.state)
    if chosen.action == "list":
        return {saved.letter: _told(explorer, saved) for saved in explorer.groups()}
    if chosen.action in TABLES:
        return TABLES[chosen.action](explorer, chosen)
    if len(chosen.recipe) > 1:
        raise InputError(
            "recipe.unreadable", where="RECIPE", found=f"{len(chosen.recipe)} of them", hint="Apply one at a time."
        )
    mask = explorer.select(_recipe(chosen.recipe[0] if chosen.recipe else ""))
    ids = workspace.subjects().filter(mask)["subject_id"].to_list()
    return {"selected": len(ids), "of": len(mask), "people": len(set(ids)), "subject_ids": ids}


def _compare(explorer: Explorer, chosen: argparse.Namespace) -> Answer:
    """A table of the recipes' groups, the first against the others or the rest, on standard output."""
    sides, options = _sides(explorer, chosen), _options(chosen)
    form: Form = "csv" if chosen.json else chosen.form
    text = explorer.compare_table(sides, options, form)
    if chosen.json:
        return {"groups": [side.name for side in sides], "table": text}
    sys.stdout.write(text)
    return {}


def _survival(explorer: Explorer, chosen: argparse.Namespace) -> Answer:
    """The groups until an event, the first beside the others or the rest, on standard output."""
    sides, options = _sides(explorer, chosen), _options(chosen)
    found = explorer.survival(sides, chosen.event, options)
    form: Form = "csv" if chosen.json else chosen.form
    text = survival_text(found, form)
    if chosen.json:
        return {"event": found.name, "groups": [group.name for group in found.groups], "table": text}
    sys.stdout.write(text)
    return {}


def _sides(explorer: Explorer, chosen: argparse.Namespace) -> list[Side]:
    return [_side(explorer, given) for given in chosen.recipe]


def _options(chosen: argparse.Namespace) -> CompareOptions:
    adjust = None if chosen.adjust is None else tuple(name for name in chosen.adjust.split(",") if name)
    return CompareOptions(adjust=adjust, disclosure=chosen.disclosure)


TABLES = {"compare": _compare, "survival": _survival}


def _side(explorer: Explorer, given: str) -> Side:
    """A saved group by its letter, or a recipe file under its name."""
    saved = {group.letter: group for group in explorer.groups()} if len(given) == 1 else {}
    if given in saved:
        return Side(name=f"{given} {saved[given].name}", recipe=saved[given].recipe)
    return Side(name=Path(given).stem, recipe=_recipe(given))


def _told(explorer: Explorer, saved: SavedGroup) -> Answer:
    told: Answer = {"name": saved.name, "recipe": json.dumps(to_json(saved.recipe), ensure_ascii=False)}
    if saved.reason:
        return {**told, "not_usable_here": saved.reason}
    mask = explorer.select(saved.recipe)
    return {**told, "selected": int(mask.sum()), "of": len(mask)}


def _recipe(path: str) -> Recipe:
    try:
        return parse(json.loads(Path(path).read_text(encoding="utf-8") if path else ""))
    except (OSError, ValueError) as error:
        raise InputError(
            "recipe.unreadable",
            where=path or "RECIPE",
            found=f"no JSON recipe ({error})",
            hint="Give a recipe file.",
        ) from error
