from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrack.errors import StateError
from nbtrack.history.manifest import encode
from nbtrack.server.documents import Document, Update
from tests.history.documents import code, notebook

NAMES = "abcdef"
edits = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.integers(0, 99)),
    st.tuples(st.just("delete"), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("move"), st.sampled_from(NAMES), st.integers(0, 5)),
)


def edited(cells, edit):
    """The cells after an edit, and the ids that it changed."""
    kind, name, number = edit
    rest = [cell for cell in cells if cell["id"] != name]
    if kind == "delete":
        return rest, set()
    old = next((cell for cell in cells if cell["id"] == name), None)
    if kind == "move" and old is not None:
        return [*rest[:number], old, *rest[number:]], set()
    new = code(f"{name} = {number}", name)
    if old is None:
        return [*cells, new], {name}
    return [new if cell is old else cell for cell in cells], {name}


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_requests_in_any_order_are_understood_rightly_or_refused(data):
    """Whatever arrives when: the state is the one the browser had, or the whole is asked for."""
    history = [([code("start", "a")], set())]
    for edit in data.draw(st.lists(edits, min_size=1, max_size=8)):
        history.append(edited(history[-1][0], edit))
    document = Document("d")
    document.keep(1, document.understand(Update(1, notebook=notebook(*history[0][0]))))
    requests = []
    for sequence in range(2, len(history) + 1):
        base = data.draw(st.integers(1, sequence - 1))
        changed = set().union(*(changes for _, changes in history[base:sequence]))
        cells = history[sequence - 1][0]
        requests.append(
            Update(
                sequence,
                base=base,
                order=[cell["id"] for cell in cells],
                cells=[cell for cell in cells if cell["id"] in changed],
            )
        )
    for update in data.draw(st.permutations(requests)):
        try:
            state = document.understand(update)
        except StateError:
            continue
        wanted = encode(notebook(*history[update.sequence - 1][0]))
        assert state.content_digest == wanted.content_digest
        document.keep(update.sequence, state)
