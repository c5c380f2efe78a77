"""What the server answers nobody where single people are not shown: all that is not named here."""

from fastapi import Request

from latentspace.disclosure import DOORS
from latentspace.errors import ForbiddenError
from latentspace.explorer import Explorer

# Of groups, of everyone, of the model, or of a code that the page has already; a new route is refused until it is here.
OF_GROUPS = frozenset(
    (
        *("describe", "provenance", "tally", "grid", "centre", "compare", "compare_table", "score", "score_task"),
        *("survival", "hazards", "rank", "separates", "axes", "direction", "course"),
        *("decode", "place", "density", "interpolate", "traverse", "measure", "areas", "predict"),
        *("groups", "save_group", "remove_group", "views", "save_view", "remove_view"),
    )
)


def only_of_groups(request: Request) -> None:
    """Refuse a question about one person, by its route or because it names a row.

    Raises:
        ForbiddenError: the server's preset shows no single people.
    """
    explorer: Explorer = request.app.state.explorer
    door = DOORS[explorer.disclosure]
    route = request.url.path.rpartition("/")[2]
    if door.alone or (route in OF_GROUPS and "row" not in request.query_params):
        return
    hint = "Ask of a group: `tally`, `grid`, `centre`, `compare`. Who serves the workspace chose the preset."
    raise ForbiddenError("disclosure.strict", where=route, found=door.says, hint=hint)
