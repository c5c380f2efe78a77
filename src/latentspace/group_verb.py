"""The verb `group`: whom a recipe selects, and which groups are saved."""

import argparse
import json
from pathlib import Path

from latentspace.answers import SavedGroup
from latentspace.errors import InputError
from latentspace.explorer import Explorer
from latentspace.groups import Recipe, parse, to_json
from latentspace.options import Answer
from latentspace.workspace import open_folder


def group(chosen: argparse.Namespace) -> Answer:
    """Ids of those whom the recipe selects; or of each saved group, by letter, its name, recipe and number.

    Raises:
        InputError: no recipe, or one that asks what the workspace cannot answer.
    """
    workspace = open_folder(chosen.workspace)
    explorer = Explorer(workspace, workspace.run(chosen.run), chosen.state)
    if chosen.action == "list":
        return {saved.letter: _told(explorer, saved) for saved in explorer.groups()}
    mask = explorer.select(_recipe(chosen.recipe))
    ids = workspace.subjects().filter(mask)["subject_id"].to_list()
    return {"selected": len(ids), "of": len(mask), "people": len(set(ids)), "subject_ids": ids}


def _told(explorer: Explorer, saved: SavedGroup) -> Answer:
    told: Answer = {"name": saved.name, "recipe": json.dumps(to_json(saved.recipe), ensure_ascii=False)}
    if saved.reason:
        return {**told, "not_usable_here": saved.reason}
    mask = explorer.select(saved.recipe)
    return {**told, "selected": int(mask.sum()), "of": len(mask)}


def _recipe(path: Path | None) -> Recipe:
    try:
        return parse(json.loads(path.read_text(encoding="utf-8") if path else ""))
    except (OSError, ValueError) as error:
        raise InputError(
            "recipe.unreadable",
            where=str(path or "RECIPE"),
            found=f"no JSON recipe ({error})",
            hint="Give a recipe file.",
        ) from error
