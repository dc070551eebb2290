//! Times in the format of RFC 3339.

use core::fmt::{self, Write as _};

use crate::value::{BufferTooSmall, Text, eq_str};

/// The time at which the service received a message or an event.
///
/// The text is kept as received, so that an invalid time does not invalidate the message.
/// [`parse`](Self::parse) parses it.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::SendTime;
///
/// let send_time = SendTime::from("2023-01-05T14:33:32.894089757Z");
/// assert_eq!(send_time, "2023-01-05T14:33:32.894089757Z");
/// assert_eq!(send_time.parse()?.seconds(), 1_672_929_212);
/// assert!(SendTime::from("yesterday").parse().is_err());
/// # Ok::<(), ivs_chat_proto::ParseTimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SendTime<'a>(Text<'a>);

impl<'a> SendTime<'a> {
    /// Returns the text as received.
    #[must_use]
    #[inline]
    pub const fn text(&self) -> Text<'a> {
        self.0
    }

    /// Parses the text.
    ///
    /// # Errors
    ///
    /// Returns an error if [`Timestamp::parse`] rejects the text.
    pub fn parse(&self) -> Result<Timestamp, ParseTimestampError> {
        match self.0.as_str() {
            Some(text) => Timestamp::parse(text),
            None => self
                .0
                .decode_into(&mut [0; Timestamp::MAX_LEN])
                .map_err(|_| ParseTimestampError(()))
                .and_then(Timestamp::parse),
        }
    }
}

impl<'a, T: AsRef<str> + ?Sized> From<&'a T> for SendTime<'a> {
    #[inline]
    fn from(text: &'a T) -> Self {
        Self(text.into())
    }
}

impl<'a> From<Text<'a>> for SendTime<'a> {
    #[inline]
    fn from(text: Text<'a>) -> Self {
        Self(text)
    }
}

impl<'a> From<SendTime<'a>> for Text<'a> {
    #[inline]
    fn from(send_time: SendTime<'a>) -> Self {
        send_time.0
    }
}

eq_str!(SendTime);

impl fmt::Display for SendTime<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SendTime<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The error for a text that is not a date and time in the format of RFC 3339.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Timestamp;
///
/// let error = "2026-11-22".parse::<Timestamp>().unwrap_err();
/// assert_eq!(error.to_string(), "invalid time: expected an RFC 3339 date and time");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("invalid time: expected an RFC 3339 date and time")]
pub struct ParseTimestampError(());

/// A UTC time in the years 0 to 9999, with nanosecond resolution.
///
/// [`Display`](fmt::Display) uses the format of the service: UTC, and a fraction of a second
/// without trailing zeros.
///
/// # Examples
///
/// ```
/// use ivs_chat_proto::Timestamp;
///
/// let time: Timestamp = "2026-11-22T12:00:00.250+01:00".parse()?;
/// assert_eq!(time.to_string(), "2026-11-22T11:00:00.25Z");
/// # Ok::<(), ivs_chat_proto::ParseTimestampError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanoseconds: u32,
}

const SECONDS_A_DAY: i64 = 86_400;
/// The number of days from March 1, year 0, to January 1, 1970.
const DAYS_FROM_YEAR_0: i64 = 719_468;
const DAYS_IN_400_YEARS: i64 = 146_097;

impl Timestamp {
    /// The Unix epoch, 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self { seconds: 0, nanoseconds: 0 };

    /// The length in bytes of the longest text: nine digits of a fraction, and an offset.
    pub const MAX_LEN: usize = "0000-00-00T00:00:00.000000000+00:00".len();
    /// The first second of year 0.
    const MIN_SECONDS: i64 = -62_167_219_200;
    /// The last second of year 9999.
    const MAX_SECONDS: i64 = 253_402_300_799;

    /// Creates a time from the seconds since [`UNIX_EPOCH`](Self::UNIX_EPOCH) and the nanoseconds
    /// of the second.
    ///
    /// Returns `None` if the time is outside the years 0 to 9999, or if `nanoseconds` is
    /// 1 000 000 000 or more.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Timestamp;
    ///
    /// let time = Timestamp::new(1_795_341_600, 250_000_000).unwrap();
    /// assert_eq!(time.to_string(), "2026-11-22T10:00:00.25Z");
    /// ```
    #[must_use]
    pub const fn new(seconds: i64, nanoseconds: u32) -> Option<Self> {
        if seconds < Self::MIN_SECONDS || seconds > Self::MAX_SECONDS || nanoseconds > 999_999_999 {
            return None;
        }
        Some(Self { seconds, nanoseconds })
    }

    /// Returns the number of seconds since [`UNIX_EPOCH`](Self::UNIX_EPOCH).
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// Returns the nanoseconds of the second, from 0 to 999 999 999.
    #[must_use]
    pub const fn nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// Formats the time into the start of `buffer` and returns it as a string slice.
    ///
    /// The text is that of [`Display`](fmt::Display). A server uses it for the `SendTime` of the
    /// payloads that it sends.
    ///
    /// # Errors
    ///
    /// Returns an error if `buffer` is too small. [`MAX_LEN`](Self::MAX_LEN) bytes are always
    /// enough.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::{SendTime, Timestamp};
    ///
    /// let mut buffer = [0; Timestamp::MAX_LEN];
    /// let time = Timestamp::new(1_795_341_600, 250_000_000).unwrap();
    /// let send_time = SendTime::from(time.format_into(&mut buffer)?);
    /// assert_eq!(send_time, "2026-11-22T10:00:00.25Z");
    /// # Ok::<(), ivs_chat_proto::BufferTooSmall>(())
    /// ```
    pub fn format_into(self, buffer: &mut [u8]) -> Result<&str, BufferTooSmall> {
        let mut writer = TruncatingWriter { buffer, length: 0 };
        // The writer never fails. It counts what it cannot write.
        let _ = write!(writer, "{self}");
        let TruncatingWriter { buffer, length } = writer;
        buffer
            .get(..length)
            .and_then(|text| core::str::from_utf8(text).ok())
            .ok_or_else(|| BufferTooSmall::new(length))
    }

    /// Parses a date and time of [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6).
    ///
    /// The fraction of a second may have up to nine digits. A leap second is read as the second
    /// after it. [`FromStr`](core::str::FromStr) and `TryFrom<&str>` do the same.
    ///
    /// # Errors
    ///
    /// Returns an error if `text` is not such a date and time.
    ///
    /// # Examples
    ///
    /// ```
    /// use ivs_chat_proto::Timestamp;
    ///
    /// assert_eq!(Timestamp::parse("1970-01-01T00:00:01Z")?.seconds(), 1);
    /// # Ok::<(), ivs_chat_proto::ParseTimestampError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, ParseTimestampError> {
        date_time(text.as_bytes()).ok_or(ParseTimestampError(()))
    }
}

/// Writes into a buffer, and counts the bytes even if they do not fit.
struct TruncatingWriter<'b> {
    buffer: &'b mut [u8],
    length: usize,
}

impl core::str::FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for Timestamp {
    type Error = ParseTimestampError;

    fn try_from(text: &str) -> Result<Self, ParseTimestampError> {
        Self::parse(text)
    }
}

impl fmt::Write for TruncatingWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if let Some(place) =
            self.buffer.get_mut(self.length..).and_then(|free| free.get_mut(..text.len()))
        {
            place.copy_from_slice(text.as_bytes());
        }
        self.length = self.length.saturating_add(text.len());
        Ok(())
    }
}

/// Parses the grammar rule `date-time`, up to the end of `text`.
fn date_time(text: &[u8]) -> Option<Timestamp> {
    let (date, rest) = text.split_first_chunk::<10>()?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *date else { return None };
    let year = number(&[y0, y1, y2, y3])?;
    let month = number(&[m0, m1]).filter(|month| (1..=12).contains(month))?;
    let day = number(&[d0, d1]).filter(|&day| 1 <= day && day <= days_in_month(year, month))?;

    let (time, rest) = rest.split_first_chunk::<9>()?;
    let [b'T' | b't', h0, h1, b':', n0, n1, b':', s0, s1] = *time else { return None };
    let hour = number(&[h0, h1]).filter(|&hour| hour <= 23)?;
    let minute = number(&[n0, n1]).filter(|&minute| minute <= 59)?;
    let second = number(&[s0, s1]).filter(|&second| second <= 60)?;

    let (nanoseconds, offset) = fraction(rest)?;
    let minute_of_day =
        hour.checked_mul(60)?.checked_add(minute)?.checked_sub(minutes_offset(offset)?)?;
    // A leap second is the last of a day, in UTC.
    if second == 60 && minute_of_day.rem_euclid(24 * 60) != 24 * 60 - 1 {
        return None;
    }
    let days = days_since_1970(year, month, day)?;
    let seconds = days
        .checked_mul(SECONDS_A_DAY)?
        .checked_add(minute_of_day.checked_mul(60)?)?
        .checked_add(second)?;
    Timestamp::new(seconds, nanoseconds)
}

/// Parses a number that consists of digits only.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0_i64, |number, digit| match digit {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(i64::from(digit & 0x0f)),
        _ => None,
    })
}

/// Parses the grammar rule `time-secfrac`, if present. Returns nanoseconds and the rest of the
/// text.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let [b'.', digits @ ..] = text else { return Some((0, text)) };
    let mut rest = digits;
    let mut nanoseconds = 0_u32;
    let mut place = 100_000_000_u32;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        if place == 0 {
            return None;
        }
        nanoseconds = nanoseconds.checked_add(place.checked_mul(u32::from(digit & 0x0f))?)?;
        place /= 10;
        rest = after;
    }
    (place < 100_000_000).then_some((nanoseconds, rest))
}

/// Parses the grammar rule `time-offset`, up to the end of `text`. Returns minutes.
fn minutes_offset(text: &[u8]) -> Option<i64> {
    match *text {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
            let hours = number(&[h0, h1]).filter(|&hours| hours <= 23)?;
            let minutes = number(&[m0, m1]).filter(|&minutes| minutes <= 59)?;
            let offset = hours.checked_mul(60)?.checked_add(minutes)?;
            if sign == b'-' { offset.checked_neg() } else { Some(offset) }
        }
        _ => None,
    }
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Converts a date of the Gregorian calendar to days since 1970. Years start in March, so that a
/// leap day is the last day of its year. Counted from March, every five months have 153 days.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let month_from_march = if month <= 2 { month.checked_add(9)? } else { month.checked_sub(3)? };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = month_from_march
        .checked_mul(153)?
        .checked_add(2)?
        .checked_div(5)?
        .checked_add(day)?
        .checked_sub(1)?;
    let leap_days = (year_of_era / 4).checked_sub(year_of_era / 100)?;
    let day_of_era =
        year_of_era.checked_mul(365)?.checked_add(leap_days)?.checked_add(day_of_year)?;
    era.checked_mul(DAYS_IN_400_YEARS)?.checked_add(day_of_era)?.checked_sub(DAYS_FROM_YEAR_0)
}

/// Year, month and day: [`days_since_1970`] backwards.
fn date_of(days_since_1970: i64) -> Option<(i64, i64, i64)> {
    let days = days_since_1970.checked_add(DAYS_FROM_YEAR_0)?;
    let (era, day_of_era) =
        (days.div_euclid(DAYS_IN_400_YEARS), days.rem_euclid(DAYS_IN_400_YEARS));
    // The days of an era without those that make its years uneven, so that all its years have 365.
    let leap_days =
        (day_of_era / 1_460).checked_sub(day_of_era / 36_524)?.checked_add(day_of_era / 146_096)?;
    let year_of_era = day_of_era.checked_sub(leap_days)? / 365;
    let days_before = year_of_era
        .checked_mul(365)?
        .checked_add(year_of_era / 4)?
        .checked_sub(year_of_era / 100)?;
    let day_of_year = day_of_era.checked_sub(days_before)?;
    let month_from_march = day_of_year.checked_mul(5)?.checked_add(2)? / 153;
    let day = day_of_year
        .checked_sub(month_from_march.checked_mul(153)?.checked_add(2)? / 5)?
        .checked_add(1)?;
    let year = era.checked_mul(400)?.checked_add(year_of_era)?;
    if month_from_march < 10 {
        Some((year, month_from_march.checked_add(3)?, day))
    } else {
        Some((year.checked_add(1)?, month_from_march.checked_sub(9)?, day))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) =
            (self.seconds.div_euclid(SECONDS_A_DAY), self.seconds.rem_euclid(SECONDS_A_DAY));
        let (year, month, day) = date_of(days).ok_or(fmt::Error)?;
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanoseconds != 0 {
            f.write_char('.')?;
            let mut rest = self.nanoseconds;
            while rest != 0 {
                let (digit, after) = (rest / 100_000_000, rest % 100_000_000);
                f.write_char(char::from_digit(digit, 10).unwrap_or('0'))?;
                rest = after.saturating_mul(10);
            }
        }
        f.write_str("Z")
    }
}

#[cfg(feature = "std")]
impl From<Timestamp> for std::time::SystemTime {
    fn from(time: Timestamp) -> Self {
        let seconds = core::time::Duration::from_secs(time.seconds.unsigned_abs());
        let whole = if time.seconds < 0 {
            Self::UNIX_EPOCH.checked_sub(seconds)
        } else {
            Self::UNIX_EPOCH.checked_add(seconds)
        };
        let fraction = core::time::Duration::from_nanos(time.nanoseconds.into());
        whole.and_then(|whole| whole.checked_add(fraction)).unwrap_or(Self::UNIX_EPOCH)
    }
}

#[cfg(feature = "std")]
impl TryFrom<std::time::SystemTime> for Timestamp {
    type Error = ParseTimestampError;

    /// # Errors
    ///
    /// Returns an error if `time` is not in the years 0 to 9999.
    fn try_from(time: std::time::SystemTime) -> Result<Self, ParseTimestampError> {
        let (seconds, nanoseconds) = match time.duration_since(std::time::SystemTime::UNIX_EPOCH) {
            Ok(after) => (i64::try_from(after.as_secs()).ok(), after.subsec_nanos()),
            Err(before) => {
                let before = before.duration();
                let seconds = i64::try_from(before.as_secs()).ok().and_then(i64::checked_neg);
                match before.subsec_nanos() {
                    0 => (seconds, 0),
                    nanoseconds => (
                        seconds.and_then(|s| s.checked_sub(1)),
                        1_000_000_000_u32.saturating_sub(nanoseconds),
                    ),
                }
            }
        };
        seconds.and_then(|seconds| Self::new(seconds, nanoseconds)).ok_or(ParseTimestampError(()))
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for SendTime<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Timestamp {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}

#[cfg(test)]
mod tests {
    use super::{SECONDS_A_DAY, date_of, days_in_month, days_since_1970};

    #[test]
    fn every_day_of_ten_thousand_years() {
        let mut days = days_since_1970(0, 1, 1).unwrap();
        assert_eq!(days * SECONDS_A_DAY, super::Timestamp::MIN_SECONDS);
        for year in 0..=9999 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    assert_eq!(days_since_1970(year, month, day), Some(days));
                    assert_eq!(date_of(days), Some((year, month, day)));
                    days += 1;
                }
            }
        }
        assert_eq!(days * SECONDS_A_DAY - 1, super::Timestamp::MAX_SECONDS);
    }
}
