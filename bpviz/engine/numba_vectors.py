"""Vectors of float64 for compiled functions: eight samples of a batch, or more, in one value.

numba has no such type, and whether its compiler vectorises a loop over ten samples is up to
chance; here it is written down. +, −, · and / work lane by lane, also with a float. A product and
a sum may be fused into one rounding; nothing else is rearranged and nothing is assumed finite, so
infinities and NaN behave as in numpy. Importing this module needs numba.

A function decorated with `_primitive` has no body: compiled code gets instructions in its place.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, TypeVar, cast

from llvmlite import ir
from numba import njit, types
from numba.core.base import BaseContext
from numba.core.cgutils import alloca_once, get_or_insert_function
from numba.core.typing.templates import AbstractTemplate, Signature, infer_global, signature
from numba.extending import lower_builtin, models, register_model

F = TypeVar("F", bound=Callable[..., object])
A = TypeVar("A")
B = TypeVar("B")

LANES: Final = 8
DOUBLE: Final = ir.DoubleType()
INTEGER: Final = ir.IntType(64)
INDEX: Final = ir.IntType(32)
# Added to a number below 2⁵¹ it rounds it to an integer, which then stands in the lowest bits.
ROUND: Final = 1.5 * 2.0**52
EXPONENT_BIAS, MANTISSA_BITS = 1023, 52


def compiled(function: F) -> F:
    """Return `function`, compiled where it is first called; 1/0 is infinite there, as in numpy."""
    compiler = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
    return cast(F, compiler(function))


def inlined(function: F) -> F:
    """Return `function`, to be compiled as a part of each function that calls it."""
    return cast(F, njit(error_model="numpy", inline="always")(function))


class Vector:
    """How a vector looks in annotations. There are vectors in compiled functions only."""

    def _with(self, other: Vector | float) -> Vector:
        raise NotImplementedError("vectors live in compiled functions only")

    __add__ = __radd__ = __sub__ = __rsub__ = _with
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _with

    def __neg__(self) -> Vector:
        return self._with(self)


class VectorType(types.Type):  # type: ignore[misc]
    """numba's type of a vector of `lanes` numbers."""

    def __init__(self, lanes: int) -> None:
        super().__init__(name=f"Vector({lanes})")
        self.lanes = lanes
        self.ir = ir.VectorType(DOUBLE, lanes)


class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: object, vector: VectorType) -> None:
        super().__init__(manager, vector, vector.ir)


register_model(VectorType)(_VectorModel)

# -- primitives --------------------------------------------------------------------------------

Kinds: TypeAlias = Sequence[types.Type]
Values: TypeAlias = Sequence[ir.Value]
# The type of a call's result from those of its arguments, None where they don't fit.
Result: TypeAlias = Callable[[Kinds], types.Type | None]
# The instructions of a call, and their value.
Emit: TypeAlias = Callable[[ir.IRBuilder, Kinds, Values], ir.Value | None]


def _register(symbol: Callable[..., object], result: Result, emit: Emit) -> None:
    class Template(AbstractTemplate):  # type: ignore[misc]
        key = symbol

        def generic(self, kinds: Kinds, _: object) -> Signature | None:
            kind = result(kinds)
            return None if kind is None else signature(kind, *kinds)

    def lower(
        context: BaseContext, builder: ir.IRBuilder, called: Signature, values: Values
    ) -> ir.Value:
        value = emit(builder, called.args, values)
        return context.get_dummy_value() if value is None else value

    infer_global(symbol, types.Function(Template))
    lower_builtin(symbol, types.VarArg(types.Any))(lower)


def _primitive(result: Result, emit: Emit) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        _register(function, result, emit)
        return function

    return decorate


def _like_first(kinds: Kinds) -> types.Type | None:
    return kinds[0] if isinstance(kinds[0], VectorType) else None


def _indices(values: Sequence[int]) -> ir.Constant:
    return ir.Constant(ir.VectorType(INDEX, len(values)), list(values))


def numbered(rows: Sequence[Callable[[A], B]]) -> Callable[[int, A], B]:
    """Return call(n, argument) for compiled functions, which calls rows[n] with `argument`.

    All rows return the same type; what happens with an n out of range is undefined.
    """
    dispatchers = [types.Dispatcher(row) for row in rows]

    def call(n: int, argument: A) -> B:
        raise NotImplementedError

    class Template(AbstractTemplate):  # type: ignore[misc]
        key = call

        def generic(self, kinds: Kinds, _: object) -> Signature:
            found = [each.get_call_type(self.context, kinds[1:], {}) for each in dispatchers]
            return signature(found[0].return_type, *kinds)

    def lower(
        context: BaseContext, builder: ir.IRBuilder, called: Signature, values: Values
    ) -> ir.Value:
        inner = signature(called.return_type, *called.args[1:])
        result = alloca_once(builder, context.get_value_type(called.return_type))
        end = builder.append_basic_block("end")
        choice = builder.switch(values[0], end)
        for place, dispatcher in enumerate(dispatchers):
            block = builder.append_basic_block(f"row.{place}")
            choice.add_case(place, block)
            builder.position_at_end(block)
            function = context.get_function(dispatcher, inner)
            builder.store(function(builder, values[1:]), result)
            builder.branch(end)
        builder.position_at_end(end)
        return builder.load(result)

    infer_global(call, types.Function(Template))
    lower_builtin(call, types.VarArg(types.Any))(lower)
    return call


# -- memory ------------------------------------------------------------------------------------

# Compiled code takes memory by address, as an integer: arrays would be counted at each call, and
# are slow to compile. `i` counts in numbers of 8 bytes. Nothing checks the bounds, and nothing
# keeps the memory: that is the part of whoever calls from Python.


def _pointer(builder: ir.IRBuilder, values: Values, kind: ir.Type) -> ir.Value:
    numbers = builder.inttoptr(values[0], DOUBLE.as_pointer())
    return builder.bitcast(builder.gep(numbers, [values[1]]), kind.as_pointer())


def _read(kind: ir.Type) -> Emit:
    def emit(builder: ir.IRBuilder, kinds: Kinds, values: Values) -> ir.Value:
        value = builder.load(_pointer(builder, values, kind))
        value.align = 8
        return value

    return emit


def _write(builder: ir.IRBuilder, kinds: Kinds, values: Values) -> None:
    place = _pointer(builder, values, values[2].type)
    builder.store(values[2], place).align = 8


def _nothing(kinds: Kinds) -> types.Type:
    return types.none


def loader(lanes: int) -> Callable[[int, int], Vector]:
    """Return load(address, i), which reads `lanes` numbers from the i-th on."""
    vector = VectorType(lanes)

    @_primitive(lambda kinds: vector, _read(vector.ir))
    def load(address: int, i: int) -> Vector:
        raise NotImplementedError

    return load


load = loader(LANES)


@_primitive(_nothing, _write)
def store(address: int, i: int, x: Vector) -> None:
    """Write the vector `x` to the numbers from the i-th on."""


@_primitive(lambda kinds: types.int64, _read(INTEGER))
def integer(address: int, i: int) -> int:
    """Return the i-th integer."""
    raise NotImplementedError


@_primitive(lambda kinds: types.float64, _read(DOUBLE))
def number(address: int, i: int) -> float:
    """Return the i-th number."""
    raise NotImplementedError


@_primitive(_nothing, _write)
def put(address: int, i: int, x: float) -> None:
    """Write the i-th number, or integer: an `int` is written as one."""


# -- arithmetic --------------------------------------------------------------------------------


def _splat(builder: ir.IRBuilder, vector: ir.VectorType, x: ir.Value) -> ir.Value:
    nothing = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(nothing, x, INDEX(0))
    return builder.shuffle_vector(first, nothing, _indices([0] * vector.count))


def splatter(lanes: int) -> Callable[[float], Vector]:
    """Return splat(x), a vector of `lanes` times x."""
    vector = VectorType(lanes)

    @_primitive(
        lambda kinds: vector, lambda builder, _, values: _splat(builder, vector.ir, *values)
    )
    def splat(x: float) -> Vector:
        raise NotImplementedError

    return splat


splat = splatter(LANES)


def _operator(symbol: Callable[..., float], name: str) -> None:
    """Let `symbol` work on vectors, or on a vector and a float, by the instruction `name`."""

    def result(kinds: Kinds) -> types.Type | None:
        vectors = [kind for kind in kinds if isinstance(kind, VectorType)]
        others = [kind for kind in kinds if not isinstance(kind, VectorType | types.Float)]
        return vectors[0] if vectors and not others else None

    def emit(builder: ir.IRBuilder, kinds: Kinds, values: Values) -> ir.Value:
        vector = next(kind.ir for kind in kinds if isinstance(kind, VectorType))
        sides = [
            value if isinstance(kind, VectorType) else _splat(builder, vector, value)
            for kind, value in zip(kinds, values, strict=True)
        ]
        return getattr(builder, name)(*sides, flags=("contract",))

    _register(symbol, result, emit)


for _symbol, _name in (
    (operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):  # fmt: skip
    _operator(_symbol, _name)
_register(operator.neg, _like_first, lambda builder, _, values: builder.fneg(values[0]))


def _llvm(name: str) -> Emit:
    def emit(builder: ir.IRBuilder, kinds: Kinds, values: Values) -> ir.Value:
        vector = values[0].type
        kind = ir.FunctionType(vector, [vector])
        full_name = f"llvm.{name}.v{vector.count}f64"
        return builder.call(get_or_insert_function(builder.module, kind, full_name), values)

    return emit


@_primitive(_like_first, _llvm("fabs"))
def absolute(x: Vector) -> Vector:
    """Return |x|."""
    raise NotImplementedError


@_primitive(_like_first, _llvm("sqrt"))
def root(x: Vector) -> Vector:
    """Return √x."""
    raise NotImplementedError


def _select(builder: ir.IRBuilder, kinds: Kinds, values: Values) -> ir.Value:
    x, y, yes, no = values
    return builder.select(builder.fcmp_ordered("<", x, y), yes, no)


@_primitive(_like_first, _select)
def where_less(x: Vector, y: Vector, yes: Vector, no: Vector) -> Vector:
    """Return `yes` where x < y, else `no`; `no` also where x or y is NaN."""
    raise NotImplementedError


def _exponent(builder: ir.IRBuilder, kinds: Kinds, values: Values) -> ir.Value:
    vector = values[0].type
    integers = ir.VectorType(INTEGER, vector.count)

    def every(kind: ir.VectorType, x: float) -> ir.Constant:
        return ir.Constant(kind, [x] * vector.count)

    bits = builder.bitcast(builder.fadd(values[0], every(vector, ROUND)), integers)
    bits = builder.add(bits, every(integers, EXPONENT_BIAS))
    return builder.bitcast(builder.shl(bits, every(integers, MANTISSA_BITS)), vector)


@_primitive(_like_first, _exponent)
def power_of_two(n: Vector) -> Vector:
    """Return 2ⁿ for integers n from −1022 to 1023."""
    raise NotImplementedError


# -- across lanes ------------------------------------------------------------------------------


def _sum(builder: ir.IRBuilder, kinds: Kinds, values: Values) -> ir.Value:
    x = values[0]
    while x.type.count > 1:
        x = builder.fadd(_part(builder, x, 0), _part(builder, x, 1))
    return builder.extract_element(x, INDEX(0))


def _part(builder: ir.IRBuilder, x: ir.Value, half: int) -> ir.Value:
    lanes = x.type.count // 2
    return builder.shuffle_vector(x, x, _indices(range(half * lanes, (half + 1) * lanes)))


@_primitive(lambda kinds: types.float64, _sum)
def total(x: Vector) -> float:
    """Return the sum of all lanes."""
    raise NotImplementedError


@_primitive(
    lambda kinds: VectorType(kinds[0].lanes // 2),
    lambda builder, _, values: builder.fadd(
        _part(builder, values[0], 0), _part(builder, values[0], 1)
    ),
)
def folded(x: Vector) -> Vector:
    """Return the sum of the two halves of x."""
    raise NotImplementedError


def _sums(builder: ir.IRBuilder, kinds: Kinds, values: Values) -> ir.Value:
    # Each round adds neighbours within two vectors and puts the sums into one.
    lanes = values[0].type.count
    while len(values) > 1:
        values = [
            builder.fadd(
                builder.shuffle_vector(x, y, _indices(range(0, 2 * lanes, 2))),
                builder.shuffle_vector(x, y, _indices(range(1, 2 * lanes, 2))),
            )
            for x, y in zip(values[::2], values[1::2], strict=True)
        ]
    return values[0]


@_primitive(_like_first, _sums)
def totals(*vectors: Vector) -> Vector:
    """Return the sums of the lanes of as many vectors as one has lanes, as one vector."""
    raise NotImplementedError
