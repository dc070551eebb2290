//! The range check of numbers.

/// The number of significant digits that are compared: the most that fit in 64 bits.
const SIGNIFICANT: u32 = 19;
/// The first [`SIGNIFICANT`] digits of the range limit, and the power of ten of the first digit.
///
/// The limit, 1.797693134862315807e308, lies just below the point halfway from the largest `f64`,
/// about 1.79769313486231570815e308, to the value that would follow it. Numbers below that point
/// are rounded to the largest `f64`.
///
/// The power is an `isize`: a text cannot have more digits than that can count, and a 32-bit
/// processor keeps it in one register.
const LARGEST: (u64, isize) = (1_797_693_134_862_315_807, 308);

/// Returns `true` if `number` exceeds the range of an `f64`.
///
/// No receiver could represent such a number. `number` must match the grammar of RFC 8259
/// (section 6). Digits after the first [`SIGNIFICANT`] ones are not compared.
pub(super) fn is_beyond_double(number: &[u8]) -> bool {
    let mut digits = 0_u64;
    let mut taken = 0_u32;
    // The power of ten of the first significant digit.
    let mut power = -1_isize;
    let mut in_fraction = false;
    let mut bytes = number.iter();
    for &byte in bytes.by_ref() {
        match byte {
            b'.' => in_fraction = true,
            b'e' | b'E' => break,
            b'0'..=b'9' => {
                let significant = taken > 0 || byte != b'0';
                if significant && taken < SIGNIFICANT {
                    digits = digits.wrapping_mul(10).wrapping_add(u64::from(byte & 0x0f));
                    taken = taken.saturating_add(1);
                }
                power = match (in_fraction, significant) {
                    (false, true) => power.saturating_add(1),
                    (true, false) => power.saturating_sub(1),
                    _ => power,
                };
            }
            _ => {}
        }
    }
    let (mut exponent, mut negative) = (0_isize, false);
    for &byte in bytes {
        match byte {
            b'-' => negative = true,
            b'+' => {}
            digit => {
                exponent = exponent.saturating_mul(10).saturating_add(isize::from(digit & 0x0f));
            }
        }
    }
    power = if negative { power.saturating_sub(exponent) } else { power.saturating_add(exponent) };
    for _ in taken..SIGNIFICANT {
        digits = digits.wrapping_mul(10);
    }
    digits != 0 && (power > LARGEST.1 || power == LARGEST.1 && digits > LARGEST.0)
}

#[cfg(test)]
mod tests {
    use super::is_beyond_double;

    #[test]
    fn the_range_of_a_double() {
        for (number, beyond) in [
            ("0", false),
            ("-0.0e99999999999999999999", false),
            ("1e308", false),
            ("1.7976931348623157e308", false),
            ("1.7976931348623158e308", false),
            ("1.79769313486231580e308", false),
            ("17976931348623158067e289", false),
            ("1.7976931348623158080e308", true),
            ("1.7976931348623159e308", true),
            ("-17976931348623159e292", true),
            ("1e309", true),
            ("1E+309", true),
            ("0.0001e312", false),
            ("0.0001e313", true),
            ("123e-99999999999999999999", false),
            ("1e99999999999999999999", true),
            ("10000e-1", false),
        ] {
            assert_eq!(is_beyond_double(number.as_bytes()), beyond, "{number}");
            assert_eq!(number.parse::<f64>().unwrap().is_infinite(), beyond, "{number}");
        }
        let mut long = [b'9'; 309];
        assert!(is_beyond_double(&long));
        long[0] = b'1';
        long[1] = b'0';
        assert!(!is_beyond_double(&long));
        assert!(!is_beyond_double(&long[1..]));
    }
}
