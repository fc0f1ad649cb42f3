"""Expression trees as MathML: what LaTeX would print, for a browser without any script."""

from __future__ import annotations

import html
import re
from types import MappingProxyType

from bpviz.explain.expression import Expression
from bpviz.explain.latex import ESCAPES, to_latex

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|.", re.DOTALL)
LETTERS = MappingProxyType(
    {
        r"\alpha": "α", r"\beta": "β", r"\delta": "δ", r"\Delta": "Δ", r"\epsilon": "ϵ",
        r"\varepsilon": "ε", r"\eta": "η", r"\lambda": "λ", r"\mu": "μ", r"\rho": "ρ",
        r"\sigma": "σ",
        r"\infty": "∞", r"\partial": "∂",
    }
)  # fmt: skip
SIGNS = MappingProxyType(
    {
        r"\cdot": "⋅", r"\to": "→", r"\leftarrow": "←", r"\dots": "…", r"\le": "≤",
        r"\{": "{", r"\}": "}", "-": "−", "'": "′",
    }
)  # fmt: skip
NAMES = frozenset({r"\ln", r"\tanh", r"\sin", r"\cos", r"\exp", r"\max", r"\min"})
SPACES = frozenset({"\\ ", r"\,", r"\;", r"\quad"})
FRACTIONS = frozenset({r"\frac", r"\tfrac", r"\dfrac"})
UPRIGHT = frozenset({r"\text", r"\mathrm"})
HAT = "^"


def to_mathml(expression: Expression, digits: int = 4) -> str:
    """Return `expression` as the inside of a math element."""
    return mathml(to_latex(expression, digits))


def mathml(latex: str) -> str:
    """Return formulas as this package writes them in LaTeX as MathML.

    Raises ValueError at a command that they don't use, and at brackets without a partner.
    """
    reader = _Reader(latex)
    found = reader.row(until=None)
    return "".join(found)


class _Reader:
    """Reads tokens from left to right; each method returns finished elements."""

    def __init__(self, latex: str) -> None:
        self._tokens = TOKEN.findall(latex)
        self._place = 0

    def row(self, until: str | None) -> list[str]:
        """Read up to the token `until`, or to the end."""
        found: list[str] = []
        while True:
            token = self._next()
            if token == until:
                return found
            if token is None:
                raise ValueError(f"no {until} in a formula")
            if token == " ":
                continue
            if token in "^_":
                self._attach(token, found)
            elif token == "'":
                base = found.pop() if found else "<mrow></mrow>"
                found.append(f"<msup>{base}<mo>′</mo></msup>")
            else:
                found.append(self._atom(token))

    def _next(self) -> str | None:
        if self._place == len(self._tokens):
            return None
        self._place += 1
        return str(self._tokens[self._place - 1])

    def _attach(self, sign: str, found: list[str]) -> None:
        base = found.pop() if found else "<mrow></mrow>"
        first = self._argument()
        other = "_" if sign == "^" else "^"
        if self._place < len(self._tokens) and self._tokens[self._place] == other:
            self._place += 1
            second = self._argument()
            lower, upper = (first, second) if sign == "_" else (second, first)
            found.append(f"<msubsup>{base}{lower}{upper}</msubsup>")
            return
        tag = "msup" if sign == "^" else "msub"
        found.append(f"<{tag}>{base}{first}</{tag}>")

    def _argument(self) -> str:
        token = self._next()
        while token == " ":
            token = self._next()
        if token is None:
            raise ValueError("a formula ends too early")
        return self._atom(token)

    def _atom(self, token: str) -> str:
        if token == "{":
            return f"<mrow>{''.join(self.row('}'))}</mrow>"
        if token in FRACTIONS:
            return f"<mfrac>{self._argument()}{self._argument()}</mfrac>"
        if token == r"\sqrt":
            return f"<msqrt>{self._argument()}</msqrt>"
        if token == r"\hat":
            return f"<mover>{self._argument()}<mo>{HAT}</mo></mover>"
        if token == r"\left":
            return self._fenced()
        if token in UPRIGHT:
            return self._words(token)
        return _leaf(token)

    def _fenced(self) -> str:
        opening = self._next() or ""
        inside = "".join(self.row(r"\right"))
        closing = self._next() or ""
        fences = [f'<mo fence="true">{html.escape(sign)}</mo>' for sign in (opening, closing)]
        return f"<mrow>{fences[0]}{inside}{fences[1]}</mrow>"

    def _words(self, command: str) -> str:
        if self._next() != "{":
            raise ValueError(f"no {{ after {command}")
        depth, raw = 1, ""
        while True:
            token = self._next()
            if token is None:
                raise ValueError(f"no }} after {command}")
            depth += (token == "{") - (token == "}")
            if not depth:
                break
            raw += token
        if command == r"\mathrm":
            return f'<mi mathvariant="normal">{html.escape(raw)}</mi>'
        # Between $ a text holds formulas.
        parts = re.split(r"(?<!\\)\$", raw)
        found = [mathml(part) if place % 2 else _text(part) for place, part in enumerate(parts)]
        return f"<mrow>{''.join(found)}</mrow>"


def _leaf(token: str) -> str:
    if token in LETTERS:
        return f"<mi>{LETTERS[token]}</mi>"
    if token in NAMES:
        return f"<mi>{token[1:]}</mi><mo>\u2061</mo>"
    if token in SPACES:
        return '<mspace width="0.3em"/>'
    if token in SIGNS:
        return f"<mo>{SIGNS[token]}</mo>"
    if token.startswith("\\"):
        raise ValueError(f"{token} is not known")
    if token[0].isdigit():
        return f"<mn>{token}</mn>"
    tag = "mi" if token.isalpha() else "mo"
    return f"<{tag}>{html.escape(token)}</{tag}>"


def _text(raw: str) -> str:
    for sign, written in ESCAPES.items():
        if written.endswith("{}"):
            raw = raw.replace(written, chr(sign))
    plain = re.sub(r"\\([{}_&%$#])", r"\1", raw)
    # A browser drops plain spaces at the ends of a text.
    return f"<mtext>{html.escape(plain)}</mtext>".replace(" ", "\u00a0")
