#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Formats and conversions against two independent libraries, ml_dtypes and gfloat.

usage: oracle_python.py COMMAND... where COMMAND runs ffp8-dump-formats (in front of it an emulator, if need be).
The exit status 77 means that a library is missing.
"""
import subprocess
import sys

try:
    import gfloat
    import ml_dtypes
    import numpy as np
    from gfloat.formats import format_info_p3109
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

np.seterr(all="ignore")
NEAREST_EVEN, NEAREST_AWAY, TOWARD_ZERO = range(3)
SATURATE, SPECIAL = range(2)
F32, BF16, F16 = range(3)
NO_SUBNORMALS = 1
POLICIES = ["", ":fn", ":ieee", ":fnuz", ":p3109f", ":p3109e"]


class Library:
    """The C library, as a process that answers requests."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def request(self, line, payload=b""):
        self.process.stdin.write(line.encode() + b"\n" + payload)
        self.process.stdin.flush()

    def answer(self, dtype, count):
        size = np.dtype(dtype).itemsize * count
        data = self.process.stdout.read(size)
        if len(data) != size:
            sys.exit("ffp8-dump-formats stopped")
        return np.frombuffer(data, dtype)

    def presets(self):
        self.request("presets")
        return list(iter(lambda: self.process.stdout.readline().decode().strip(), ""))

    def values(self, name):
        self.request(f"values {name}")
        return self.answer("<f4", 256)

    def encode(self, name, x, rounding=NEAREST_EVEN, overflow=SPECIAL, kind=F32):
        self.request(f"encode {name} {rounding} {overflow} {kind} {len(x)}", x.tobytes())
        return self.answer("u1", len(x))


failures = 0


def compare(what, inputs, got, want, values):
    """Codes are equal, or both are NaN."""
    global failures
    bad = (got != want) & ~(np.isnan(values[got]) & np.isnan(values[want]))
    if bad.any():
        failures += 1
        i = int(np.flatnonzero(bad)[0])
        print(f"{what}: {bad.sum()} differ; {float(inputs[i]).hex()} gives 0x{got[i]:02x}, not 0x{want[i]:02x}")


def same_values(what, got, want):
    global failures
    got, want = got.astype(np.float64), want.astype(np.float64)
    bad = ~((got == want) & (np.signbit(got) == np.signbit(want)) | np.isnan(got) & np.isnan(want))
    if bad.any():
        failures += 1
        c = int(np.flatnonzero(bad)[0])
        print(f"{what}: values differ, 0x{c:02x} is {got[c]}, not {want[c]}")


def decision_points(values):
    """Values and midpoints with their FP32 neighbours, what lies past the ends, and what is special."""
    finite = np.unique(values[np.isfinite(values)].astype(np.float64))
    gap = finite[-1] - finite[-2]
    ends = [finite[-1] + gap / 2, finite[-1] + gap, 2 * finite[-1], finite[0] - gap / 2, finite[0] - gap, 2 * finite[0]]
    at = np.concatenate([finite, (finite[1:] + finite[:-1]) / 2, ends]).astype(np.float32)
    near = np.concatenate([at, np.nextafter(at, np.float32(np.inf)), np.nextafter(at, np.float32(-np.inf))])
    special = np.array([0.0, -0.0, np.inf, -np.inf, 1e-45, -1e-45, 3.4e38, -3.4e38], np.float32)
    return np.concatenate([near, special])


def check_ml_dtypes(library, random):
    """Casts to nearest even that overflow to Inf or NaN: all BF16 and F16 numbers, and FP32 at decisions and at random."""
    types = {
        "e3m4": "float8_e3m4",
        "e4m3": "float8_e4m3",
        "e4m3fn": "float8_e4m3fn",
        "e4m3fnuz": "float8_e4m3fnuz",
        "e4m3b11fnuz": "float8_e4m3b11fnuz",
        "e5m2": "float8_e5m2",
        "e5m2fnuz": "float8_e5m2fnuz",
        "e8m0": "float8_e8m0fnu",
    }
    halves = np.arange(65536, dtype=np.uint16)
    for name, type_name in types.items():
        dtype = getattr(ml_dtypes, type_name)
        values = library.values(name)
        same_values(f"ml_dtypes {name}", values, np.arange(256, dtype=np.uint8).view(dtype).astype(np.float32))
        inputs = [
            (F32, np.concatenate([decision_points(values), [np.float32(np.nan)], random]).astype(np.float32)),
            (BF16, halves.view(ml_dtypes.bfloat16)),
            (F16, halves.view(np.float16)),
        ]
        for kind, x in inputs:
            rounding = NEAREST_EVEN
            if name == "e8m0":  # its ties go up; zero, negative and denormal numbers follow rules of their own
                rounding = NEAREST_AWAY
                x = x[x.astype(np.float32) >= np.float32(2.0**-126)]
            codes = library.encode(name, x, rounding, kind=kind)
            compare(f"ml_dtypes {name} from type {kind}", x, codes, x.astype(dtype).view(np.uint8), values)


def gfloat_info(sign, x, policy, flags, bias):
    y = 8 - sign - x
    signed = bool(sign)
    own_minus_zero = signed and POLICIES[policy] in ("", ":fn", ":ieee")
    high_nans = {"": 0, ":fn": 1, ":ieee": 2**y - 1, ":fnuz": 0, ":p3109f": 0 if signed else 1, ":p3109e": 0 if signed else 1}[POLICIES[policy]]
    extended = POLICIES[policy] in (":ieee", ":p3109e")
    return gfloat.FormatInfo(
        "", 8, y + 1, bias=bias, is_signed=signed, domain=gfloat.Domain.Extended if extended else gfloat.Domain.Finite,
        has_nz=own_minus_zero, num_high_nans=high_nans, has_subnormals=not flags & NO_SUBNORMALS, is_twos_complement=False)


def gfloat_values(info):
    return np.array([gfloat.decode_float(info, c).fval for c in range(256)])


def check_gfloat_format(library, name, info, random, rounds):
    values = library.values(name)
    want = gfloat_values(info)
    same_values(f"gfloat {name}", values, want)
    if not rounds:
        return
    x = np.concatenate([decision_points(values), random])
    if not info.is_signed:
        x = x[~np.signbit(x)]  # it gives negative numbers no meaning
    has_special = info.num_nans > 0 or info.domain == gfloat.Domain.Extended
    modes = {NEAREST_EVEN: gfloat.RoundMode.TiesToEven, NEAREST_AWAY: gfloat.RoundMode.TiesToAway, TOWARD_ZERO: gfloat.RoundMode.TowardZero}
    for rounding, mode in modes.items():
        for overflow in [SATURATE, SPECIAL] if has_special else [SATURATE]:
            rounded = gfloat.round_ndarray(info, x.astype(np.float64), mode, overflow == SATURATE)
            codes = gfloat.encode_ndarray(info, rounded).astype(np.uint8)
            compare(f"gfloat {name} rounding {rounding} overflow {overflow}", x, library.encode(name, x, rounding, overflow), codes, values)


def check_gfloat(library, random):
    count = 0
    for sign in (0, 1):
        for x in range(1, 9 - sign):
            y = 8 - sign - x
            for policy, suffix in enumerate(POLICIES):
                if suffix == ":fnuz" and not sign:
                    continue
                for flags in (0, NO_SUBNORMALS):
                    if flags and y == 0 and sign and suffix in (":fnuz", ":p3109f", ":p3109e"):
                        continue  # gfloat has a number for 0x80 there
                    for moved in (-20, 0, 5) if x < 7 else (0,):
                        bias = (2 ** (x - 1) if x == 8 else 2 ** (x - 1) - 1) + moved
                        # Without fraction bits gfloat has no zero where there are no subnormals.
                        zero = ":nozero" if flags and y == 0 else ""
                        name = f"ffp8:s{sign}x{x}y{y}b{bias}{suffix}{':nosub' if flags else ''}{zero}"
                        # It rounds below the smallest normal number as if there were smaller ones.
                        check_gfloat_format(library, name, gfloat_info(sign, x, policy, flags, bias), random, not flags)
                        count += 1
    return count


def check_p3109(library, random):
    presets = [name for name in library.presets() if name.startswith("binary8p")]
    for name in presets:
        precision, signedness, domain = int(name[8]), name[9], name[10]
        info = format_info_p3109(
            8, precision,
            gfloat.Signedness.Signed if signedness == "s" else gfloat.Signedness.Unsigned,
            gfloat.Domain.Extended if domain == "e" else gfloat.Domain.Finite)
        check_gfloat_format(library, name, info, random, True)
    return len(presets)


def main():
    library = Library(sys.argv[1:])
    generator = np.random.default_rng(1)
    bits = generator.integers(0, 2**32, 2_000_000, dtype=np.uint32).view(np.float32)
    bits = bits[np.isfinite(bits)]
    moderate = (generator.normal(size=20_000) * 2.0 ** generator.integers(-12, 12, 20_000)).astype(np.float32)
    check_ml_dtypes(library, np.concatenate([bits, moderate]))
    general = check_gfloat(library, moderate[:2000])
    p3109 = check_p3109(library, moderate)
    library.process.stdin.close()
    if library.process.wait() != 0 or failures:
        sys.exit(f"{failures} comparisons failed")
    print(f"ml_dtypes: 8 formats; gfloat: {general} general formats, {p3109} of P3109: all equal")


main()
