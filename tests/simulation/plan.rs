//! What a seed makes of a room, of its network and of the clients in it.

use core::num::NonZeroU8;

use ivs_chat_proto::client;
use ivs_chat_proto::mock::{Config, Faults, User};
use ivs_chat_proto::{Capabilities, Capability};

use crate::dice::Dice;

pub(crate) const FORBIDDEN: &str = "spam";

/// How a network is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    /// The longest way of a payload.
    pub(crate) latency_ms: u64,
    pub(crate) breaks: bool,
    /// Whether connections fall silent without being closed.
    pub(crate) falls_silent: bool,
    pub(crate) devices_sleep: bool,
}

impl Network {
    pub(crate) const fn new(dice: &mut Dice) -> Self {
        Self {
            latency_ms: if dice.one_in(4) { dice.between(300, 3_500) } else { dice.between(1, 300) },
            breaks: dice.one_in(2),
            falls_silent: dice.one_in(3),
            devices_sleep: dice.one_in(3),
        }
    }
}

/// Half of all faults, each as often as it likes.
pub(crate) fn faults(dice: &mut Dice) -> Faults {
    let mut some = |most: u64| {
        let often = dice.between(1, most);
        u8::try_from(if dice.one_in(2) { often } else { 0 }).expect("a byte")
    };
    let mut faults = Faults::none();
    faults.refuse = some(100);
    faults.refuse_token = some(100);
    faults.accept_then_drop = some(60);
    faults.duplicate = some(80);
    faults.delay = some(60);
    faults.cut = some(30);
    faults.oversize = some(4);
    faults.garbage = some(40);
    faults.unknown_type = some(40);
    faults.unknown_code = some(40);
    faults.burst_429 = some(10);
    faults.drop_after_accept = some(10);
    faults.drop = some(10);
    faults.expire = some(10);
    faults.restart = some(6);
    faults.kick = some(6);
    faults.max_delay_ms = u32::try_from(dice.between(1, 3_000)).expect("short");
    if faults.oversize > 0 {
        // Otherwise it is most of the time that is spent on what is thrown away.
        faults.cut = faults.cut.min(5);
    }
    faults
}

pub(crate) fn room(dice: &mut Dice, faults: Faults) -> Config {
    let mut config = Config::new();
    config.max_code_points = if dice.one_in(4) { 20 } else { 500 };
    if dice.one_in(4) {
        config.messages_per_second = NonZeroU8::new(2);
    }
    if dice.one_in(4) {
        config.requests_per_second = NonZeroU8::new(1);
    }
    config.forbidden.push(FORBIDDEN.to_owned());
    config.records = true;
    config.faults = faults;
    config
}

/// Up to four devices, of which two may be of the same user.
pub(crate) fn users(dice: &mut Dice) -> Vec<User> {
    let user = |(id, dice): (&str, &mut Dice)| {
        let mut user = User::new(id);
        user.session_ms = u32::try_from(dice.between(15, 90) * 1_000).expect("short");
        user.capabilities = match dice.between(0, 5) {
            0 => Capabilities::NONE,
            1 => Capabilities::NONE.with(Capability::SendMessage),
            2 => Capabilities::NONE.with(Capability::SendMessage).with(Capability::DeleteMessage),
            _ => Capabilities::ALL,
        };
        user
    };
    let names: &[&str] = match dice.between(0, 4) {
        0 => &["astrid"],
        1 => &["astrid", "astrid"],
        2 => &["astrid", "bela"],
        3 => &["astrid", "bela", "bela"],
        _ => &["astrid", "bela", "chaya", "dov"],
    };
    names.iter().map(|name| user((name, dice))).collect()
}

/// How a client is set: as it is by default, or with all times shorter.
pub(crate) const fn client(dice: &mut Dice, network: &Network) -> client::Config {
    let mut config = client::Config::new();
    if dice.one_in(2) {
        config.stable_ms = 8_000;
        config.refresh_lead_ms = 6_000;
        config.refresh_jitter_ms = 2_000;
        config.refresh_floor_ms = 3_000;
        config.backoff_max_ms = 5_000;
        config.connect_timeout_ms = 10_000;
    }
    if dice.one_in(2) {
        config.settle_ms = 2_000;
    }
    if network.falls_silent {
        config.idle_ms = Some(20_000);
    }
    if dice.one_in(8) {
        config.requests_per_second = None;
    }
    config
}
