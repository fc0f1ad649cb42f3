"""Writing the pages of a lesson: each change is one Edit, which keeps what lies ahead."""

from __future__ import annotations

import msgspec

from bpviz.model.edit import Change, Edit, EditError
from bpviz.model.schema import Bookmark, Lesson, Page, Session
from bpviz.model.texts import many_lines, one_line

Pages = tuple[Page, ...]


def set_pages(session: Session, pages: Pages, label: str) -> Edit:
    """Make these the pages of the session's lesson; EditError where nothing would change."""
    after: Lesson | msgspec.UnsetType = Lesson(pages) if pages else msgspec.UNSET
    if after == session.lesson:
        raise EditError("nothing would change")
    return Edit(label, (Change("lesson", session.lesson, after),))


def add_page(session: Session, pages: Pages, index: int, page: Page, frame: int = -1) -> Edit:
    """Put `page` in before the one at `index`; a title that is taken is numbered.

    Where it shows a `frame`, a bookmark holds that.
    """
    page = _written(page, Page(""))
    titled = msgspec.structs.replace(page, title=free_title(pages, page.title))
    edit = set_pages(session, (*pages[:index], titled, *pages[index:]), "Add a page")
    if frame < 0 or titled.position is msgspec.UNSET:
        return edit
    return _with_bookmarks(session, edit, titled, Bookmark(titled.title, titled.position, frame))


def remove_page(session: Session, pages: Pages, index: int) -> Edit:
    """Remove the page at `index`, and the bookmark that holds its frame."""
    edit = set_pages(session, (*pages[:index], *pages[index + 1 :]), "Remove a page")
    return _with_bookmarks(session, edit, pages[index], None)


def move_page(session: Session, pages: Pages, index: int, to: int) -> Edit:
    """Move the page at `index` to the place `to`; EditError where there is none."""
    if not 0 <= to < len(pages):
        raise EditError("there is no place for the page")
    rest = [*pages[:index], *pages[index + 1 :]]
    rest.insert(to, pages[index])
    return set_pages(session, tuple(rest), "Move a page")


def change_page(
    session: Session, pages: Pages, index: int, page: Page, label: str, frame: int | None = None
) -> Edit:
    """Replace the page at `index`; its frame, kept in a bookmark, moves along or becomes `frame`.

    EditError where the title is empty, too long or taken, a text holds what a file can't, or
    nothing would change.
    """
    page = _written(page, pages[index])
    others = {each.title for place, each in enumerate(pages) if place != index}
    if not page.title:
        raise EditError("a page has a title")
    if page.title in others:
        raise EditError(f"there is a page “{page.title}” already")
    old = pages[index]
    kept = _bookmark(session, old)
    shown = frame if frame is not None else kept.frame if kept is not None else -1
    made = (*pages[:index], page, *pages[index + 1 :])
    if made == pages and shown == (kept.frame if kept is not None else -1):
        raise EditError("nothing would change")
    lesson = Change("lesson", session.lesson, Lesson(made))
    position = page.position if page.position is not msgspec.UNSET else (0, 0)
    bookmark = Bookmark(page.title, position, shown) if shown >= 0 else None
    return _with_bookmarks(session, Edit(label, (lesson,)), old, bookmark)


def free_title(pages: Pages, title: str) -> str:
    """Return `title`, numbered where a page has it already."""
    taken = {page.title for page in pages}
    if title not in taken:
        return title
    return next(name for n in range(2, len(taken) + 3) if (name := f"{title} {n}") not in taken)


def _written(page: Page, old: Page) -> Page:
    """Return `page` with what is other than in `old` as a file can hold it."""
    title = page.title if page.title == old.title else one_line(page.title, "title")
    text = page.text if page.text == old.text else many_lines(page.text, "text")
    for each in set(page.expect) - set(old.expect):
        one_line(each.printed, "figure")
    return msgspec.structs.replace(page, title=title, text=text)


def _bookmark(session: Session, page: Page) -> Bookmark | None:
    return next((each for each in session.bookmarks if each.name == page.title), None)


def _with_bookmarks(session: Session, edit: Edit, old: Page, new: Bookmark | None) -> Edit:
    """Return `edit` with the bookmark of the page `old` replaced by `new`."""
    kept = _bookmark(session, old)
    after = tuple(each for each in session.bookmarks if each is not kept)
    after += (new,) if new is not None else ()
    if after == session.bookmarks or (kept is not None and new == kept):
        return edit
    return Edit(edit.label, (*edit.changes, Change("bookmarks", session.bookmarks, after)))
