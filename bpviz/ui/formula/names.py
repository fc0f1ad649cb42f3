"""Names of quantities: the part of LaTeX's math mode that they are written in, as boxes. No Qt."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from bpviz.ui.formula.boxes import (
    AXIS,
    NO_BREAK,
    RULE,
    Box,
    Fence,
    Metrics,
    Part,
    Piece,
    Rule,
    limited,
    over,
    row,
    scripted,
    text_box,
)

TOKEN: Final = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
SMALLEST: Final = 8
GREEK: Final = MappingProxyType(
    {
        "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
        "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
        "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ",
        "omega": "ω", "partial": "∂", "ell": "ℓ",
    }
)  # fmt: skip
SIGNS: Final = MappingProxyType(
    {
        "infty": "∞", "dots": "…", "ldots": "…", "Delta": "Δ", "Gamma": "Γ", "Theta": "Θ",
        "Sigma": "Σ", "Omega": "Ω", "nabla": "∇", "prime": "′",
    }
)  # fmt: skip
# Operators with the space around them, in shares of the size.
OPERATORS: Final = MappingProxyType(
    {
        "to": ("→", 0.12), "leftarrow": ("←", 0.28), "cdot": ("·", 0.19), "times": ("×", 0.2),
        "le": ("≤", 0.25), "ge": ("≥", 0.25), "approx": ("≈", 0.25), "in": ("∈", 0.25),
        "=": ("=", 0.25), "+": ("+", 0.2), "-": ("−", 0.2), "<": ("<", 0.25), ">": (">", 0.25),
        ",": (",", 0.0),
    }
)  # fmt: skip
# Where a line of a formula begins at best: relations, then sums, then products.
LEVELS: Final = MappingProxyType(
    {"=": 0, "le": 0, "ge": 0, "approx": 0, "leftarrow": 0, "+": 2, "-": 2, "cdot": 4, "times": 4}
)
# Behind these, and where a formula begins, a sign belongs to what follows it.
OPENING: Final = ("(", "[", "\\{")
FUNCTIONS: Final = frozenset({"ln", "log", "exp", "max", "min", "sin", "cos", "tan", "tanh", "det"})
THIN: Final = 0.17
LARGE: Final = MappingProxyType({"sum": "∑", "prod": "∏"})
SPACES: Final = MappingProxyType({",": 0.17, ";": 0.28, " ": 0.3, "quad": 1.0, "!": 0.0})
ESCAPED: Final = MappingProxyType(
    {r"\textbackslash": "\\", r"\textasciicircum": "^", r"\textasciitilde": "~"}
)


def script_size(size: int) -> int:
    """Return the type size of scripts behind something of `size`."""
    return max(min(size, SMALLEST), round(size * 0.72))


def fenced(metrics: Metrics, inside: list[Piece], signs: str, size: int) -> list[Piece]:
    """Return the pieces between two brackets that are as high as they are."""
    if not inside:
        return [Piece(text_box(metrics, sign, "roman", size)) for sign in signs]
    ascent = max(piece.box.ascent for piece in inside)
    descent = max(piece.box.descent for piece in inside)
    first, last = (_fence(metrics, sign, ascent, descent, size) for sign in signs)
    return [Piece(first), *inside, Piece(last, 0.02 * size)]


def _fence(metrics: Metrics, sign: str, ascent: float, descent: float, size: int) -> Box:
    plain = text_box(metrics, sign, "roman", size)
    axis = AXIS * size
    half = max(ascent - axis, descent + axis)
    if half <= plain.height / 2 + 0.14 * size:
        return plain
    half += 0.06 * size
    stretch = 2 * half / plain.height
    return Box(
        plain.width * min(1.35, 0.85 + 0.15 * stretch), half + axis, half - axis, Fence(sign)
    )


def rooted(metrics: Metrics, inside: Box, size: int) -> Box:
    """Return `inside` under a root sign."""
    gap, thick = 0.1 * size, max(1.0, RULE * size)
    sign = text_box(metrics, "√", "roman", size)
    ascent = max(inside.ascent, 0.62 * size) + gap + thick
    descent = max(inside.descent, 0.06 * size) + 0.04 * size
    root = Box(sign.width, ascent, descent, Fence("√"))
    bar = Box(inside.width + 0.08 * size, thick, 0.0, Rule())
    parts = (
        Part(0.0, 0.0, root),
        Part(sign.width, -(ascent - thick), bar),
        Part(sign.width + 0.03 * size, 0.0, inside),
    )
    return Box(sign.width + bar.width, ascent, descent, parts=parts)


def name_box(metrics: Metrics, latex: str, size: int) -> Box:
    """Return the box of a name or formula written in LaTeX.

    Scripts, fractions, roots, sums with limits, brackets, Greek letters, hats and texts are known;
    a command that is not stands there by its name.
    """
    return row(name_pieces(metrics, latex, size))


def name_pieces(metrics: Metrics, latex: str, size: int) -> list[Piece]:
    """Return the pieces of a formula written in LaTeX, with the places where lines may begin."""
    return _Reader(metrics, latex).pieces(size)


class _Reader:
    """Reads LaTeX token by token."""

    def __init__(self, metrics: Metrics, latex: str) -> None:
        self._metrics = metrics
        self._tokens = TOKEN.findall(latex)
        self._at = 0

    def pieces(self, size: int, end: str = "") -> list[Piece]:
        """Return the pieces up to the token `end`, which is taken."""
        made: list[Piece] = []
        space, opened = 0.0, True
        while self._at < len(self._tokens):
            token = self._next()
            if token == end:
                break
            if token.isspace():
                continue
            name = token.lstrip("\\")
            if token.startswith("\\") and name in SPACES:
                space += SPACES[name] * size
                continue
            if name in OPERATORS and token != "\\,":
                piece, space = self._operator(name, size, space, opened=opened)
                made.append(piece if made else piece._replace(space=0.0))
                opened = True
                continue
            function = token.startswith("\\") and name in FUNCTIONS
            if function and not opened:
                space = max(space, THIN * size)
            made.append(Piece(self._scripts(token, size), space))
            space = THIN * size if function and not self._is_next(("(", "\\left")) else 0.0
            opened = token in OPENING or function
        return made

    def _operator(self, name: str, size: int, space: float, *, opened: bool) -> tuple[Piece, float]:
        """Return an operator behind `space`, and the space behind it; a sign stands close."""
        sign, around = OPERATORS[name]
        box = self._text(sign, "roman", size)
        if opened and name in ("+", "-"):
            return Piece(box, space), 0.04 * size
        before = max(space, around * size)
        return Piece(box, before, LEVELS.get(name, NO_BREAK)), (around or THIN) * size

    def _scripts(self, token: str, size: int) -> Box:
        """Return the atom that begins with `token`, with all that stands low or high behind it."""
        large = token.lstrip("\\") in LARGE
        base, small = self._atom(token, size), script_size(size)
        sub = sup = None
        primes = 0
        while self._at < len(self._tokens) and self._tokens[self._at] in ("_", "^", "'"):
            kind = self._next()
            if kind == "'":
                primes += 1
            elif kind == "_":
                sub = self._argument(small)
            else:
                sup = self._argument(small)
        if primes:
            sign = self._text("′" * primes, "roman", size)
            base = row([Piece(base), Piece(sign, 0.02 * size)])
        if sub is None and sup is None:
            return base
        return (limited if large else scripted)(base, sub, sup, size)

    def _atom(self, token: str, size: int) -> Box:
        if token == "{":
            return row(self.pieces(size, "}"))
        if not token.startswith("\\"):
            return self._text(token, "italic" if token.isalpha() else "roman", size)
        name = token[1:]
        if name in GREEK:
            return self._text(GREEK[name], "italic", size)
        if name in SIGNS:
            return self._text(SIGNS[name], "roman", size)
        if name in LARGE:
            return self._large(LARGE[name], size)
        made = self._command(name)
        # A function such as \tanh, or an escaped character.
        return self._text(name, "roman", size) if made is None else made(size)

    def _command(self, name: str) -> Callable[[int], Box] | None:
        return {
            "text": self._words,
            "mathrm": self._words,
            "operatorname": self._words,
            "hat": self._hat,
            "frac": self._fraction,
            "dfrac": self._fraction,
            "tfrac": self._small_fraction,
            "sqrt": self._root,
            "left": self._brackets,
        }.get(name)

    def _words(self, size: int) -> Box:
        self._skip("{")
        words, depth = "", 1
        while self._at < len(self._tokens):
            token = self._next()
            depth += {"{": 1, "}": -1}.get(token, 0)
            if depth == 0:
                break
            if token in "{}":
                continue
            words += ESCAPED.get(token, token[1:] if len(token) == 2 else token)
        return self._text(words, "roman", size)

    def _hat(self, size: int) -> Box:
        base, hat = self._argument(size), self._text("ˆ", "roman", size)
        lift = max(0.0, base.ascent - 0.46 * size)
        x = (base.width - hat.width) / 2 + 0.05 * size
        parts = (Part(0.0, 0.0, base), Part(x, -lift, hat))
        return Box(base.width, hat.ascent + lift, base.descent, parts=parts)

    def _fraction(self, size: int) -> Box:
        above = self._argument(size)
        return over(above, self._argument(size), size)

    def _small_fraction(self, size: int) -> Box:
        small = script_size(size)
        above = self._argument(small)
        return over(above, self._argument(small), size)

    def _root(self, size: int) -> Box:
        return rooted(self._metrics, self._argument(size), size)

    def _brackets(self, size: int) -> Box:
        first = self._next()
        inside = self.pieces(size, "\\right")
        return row(fenced(self._metrics, inside, first + self._next(), size))

    def _large(self, sign: str, size: int) -> Box:
        box = self._text(sign, "roman", round(size * 1.35))
        down = (box.ascent - box.descent) / 2 - AXIS * size
        return Box(box.width, box.ascent - down, box.descent + down, parts=(Part(0.0, down, box),))

    def _argument(self, size: int) -> Box:
        self._skip(" ")
        return self._atom(self._next(), size)

    def _text(self, text: str, style: str, size: int) -> Box:
        return text_box(self._metrics, text, "italic" if style == "italic" else "roman", size)

    def _skip(self, token: str) -> None:
        if self._is_next((token,)):
            self._at += 1

    def _is_next(self, tokens: tuple[str, ...]) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] in tokens

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            return " "
        self._at += 1
        return str(self._tokens[self._at - 1])
