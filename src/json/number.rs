//! The range check of numbers.

/// The number of significant digits that are compared: the most that fit in 64 bits.
const SIGNIFICANT: u32 = 19;
/// The first [`SIGNIFICANT`] digits of the range limit, and the power of ten of the first digit.
///
/// The limit, 2^1024 - 2^970, lies halfway between the largest `f64`, about 1.797693134862315708e308,
/// and the value that would follow it. Numbers below it are rounded to the largest `f64`.
///
/// The power is an `isize`: a text cannot have more digits than that can count, and a 32-bit
/// processor keeps it in one register.
const LARGEST: (u64, isize) = (1_797_693_134_862_315_807, 308);

/// The remaining digits of the limit.
const REST: &str = "\
    937289714053034150799341327100378269361737789804449682927647509466490179\
    775872070963302864166928879109465555478519404026306574886715058206819089\
    020007083836762738548458177115317644757302700698555713669596228429148198\
    608349364752927190741684443655107043427115596995080930428801779041744977\
    92";

/// Returns `true` if `number` rounds to a value beyond the range of an `f64`.
///
/// No receiver could represent such a number. `number` must match the grammar of RFC 8259
/// (section 6).
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
    if digits == 0 || power != LARGEST.1 || digits != LARGEST.0 {
        return digits != 0 && (power > LARGEST.1 || power == LARGEST.1 && digits > LARGEST.0);
    }
    reaches_limit(number)
}

/// Compares the remaining digits of a number whose first [`SIGNIFICANT`] digits are those of the
/// limit. The limit itself is rounded up, to infinity.
#[cold]
fn reaches_limit(number: &[u8]) -> bool {
    let mut rest = number
        .iter()
        .take_while(|byte| !matches!(byte, b'e' | b'E'))
        .filter(|byte| byte.is_ascii_digit())
        .skip_while(|byte| **byte == b'0')
        .skip(SIGNIFICANT.try_into().unwrap_or(usize::MAX))
        .copied();
    for limit in REST.bytes() {
        let digit = rest.next().unwrap_or(b'0');
        if digit != limit {
            return digit > limit;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::borrow::ToOwned;
    use std::format;
    use std::string::{String, ToString};

    use super::{LARGEST, REST, is_beyond_double};

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
        let limit = [LARGEST.0.to_string().as_str(), REST].concat();
        let below = (1..limit.len()).map(|length| limit[..length].to_owned());
        let changed = (0..limit.len()).flat_map(|place| {
            let mut digits = limit.clone().into_bytes();
            let digit = digits[place];
            [digit.saturating_sub(1).max(b'0'), digit.saturating_add(1).min(b'9')].map(|digit| {
                digits[place] = digit;
                String::from_utf8(digits.clone()).unwrap()
            })
        });
        for digits in below.chain(changed).chain([limit.clone(), format!("{limit}1")]) {
            for number in [
                format!("{}.{}e308", &digits[..1], digits.get(1..2).map_or("0", |_| &digits[1..])),
                format!("-0.00{digits}E+311"),
                format!("{digits}e{}", 309 - digits.len().cast_signed()),
            ] {
                let beyond = number.parse::<f64>().unwrap().is_infinite();
                assert_eq!(is_beyond_double(number.as_bytes()), beyond, "{number}");
            }
        }
        let mut long = [b'9'; 309];
        assert!(is_beyond_double(&long));
        long[0] = b'1';
        long[1] = b'0';
        assert!(!is_beyond_double(&long));
        assert!(!is_beyond_double(&long[1..]));
    }
}
