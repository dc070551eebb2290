//! Runs of six hours with at most one fault.

use core::num::NonZeroU32;

use ivs_chat_proto::client::{Config, ConnectionState, Outcome};
use ivs_chat_proto::mock::{AfterExpiry, ExpiryReason, Probability, SessionEnd};

use crate::plan::{HOUR_MS, HostPlan, MINUTE_MS, Plan};
use crate::rng::Rng;
use crate::simulation::Simulation;

/// The results of one client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) tokens_per_hour: usize,
    pub(crate) tokens: usize,
    pub(crate) replaced: u32,
    pub(crate) gaps: usize,
    pub(crate) state_changes: u32,
    pub(crate) is_connected: bool,
    /// The number of settled requests.
    pub(crate) requests: usize,
    /// The number of requests with another outcome than `Confirmed`.
    pub(crate) not_confirmed: usize,
    pub(crate) returned: usize,
    /// The number of due broadcasts that were not returned.
    pub(crate) missed: usize,
    /// The number of broadcasts returned more than once.
    pub(crate) twice: usize,
}

impl Simulation {
    /// Runs to the end, and returns the results of each client.
    pub(crate) fn report(mut self) -> Vec<Report> {
        let end = self.plan.duration_ms;
        self.run_until(end);
        let report = |host: &crate::host::Host| {
            let outcomes = || host.requests.iter().filter_map(|request| request.outcome);
            // Broadcasts near the end may be in transit, or wait for a sleeping device.
            let is_closed = |at: &Option<u64>| at.is_some_and(|at| at + 120_000 < end);
            let numbers = || {
                self.broadcasts
                    .iter()
                    .enumerate()
                    .filter(|(_, at)| is_closed(at))
                    .map(|(number, _)| number)
            };
            let entries = || numbers().map(|number| host.accounting.get(number));
            Report {
                tokens_per_hour: host.most_tokens_per_hour(),
                tokens: host.fetched_at.len(),
                replaced: host.replaced,
                gaps: host.accounting.gaps.len(),
                state_changes: host.state_changes,
                is_connected: host.state == ConnectionState::Connected,
                requests: outcomes().count(),
                not_confirmed: outcomes()
                    .filter(|(outcome, _)| *outcome != Outcome::Confirmed)
                    .count(),
                returned: entries().filter(|entry| entry.times > 0).count(),
                missed: entries().filter(|entry| entry.is_due && entry.times == 0).count(),
                twice: entries().filter(|entry| entry.times > 1).count(),
            }
        };
        self.hosts.iter().map(report).collect()
    }
}

fn run(name: &str, plan: &Plan, seed: u64) -> Vec<Report> {
    let reports = Simulation::new(plan.clone(), Rng::new(seed), false).report();
    for (number, report) in reports.iter().enumerate() {
        println!("{name}, {number}, seed {seed}: {report:?}");
    }
    reports
}

/// Checks that a client was always connected and returned every broadcast once.
fn check_healthy(name: &str, plan: &Plan, seeds: u64, most_replaced: u32) {
    for seed in 0..seeds {
        for (number, report) in run(name, plan, seed).into_iter().enumerate() {
            let Report {
                replaced,
                gaps,
                state_changes,
                is_connected,
                not_confirmed,
                missed,
                twice,
                ..
            } = report;
            assert!(
                is_connected && state_changes == 2,
                "{name}, {number}, seed {seed}: unstable state"
            );
            assert_eq!(
                (gaps, missed, twice, not_confirmed),
                (0, 0, 0, 0),
                "{name}, {number}, seed {seed}"
            );
            assert!(
                replaced >= 6 && replaced <= most_replaced,
                "{name}, {number}, seed {seed}: {replaced} replaced"
            );
        }
    }
}

/// The maximum number of planned refreshes in six hours.
///
/// A session of 60 minutes is replaced 2 to 8 minutes before its end.
const REFRESHES: u32 = 7;

fn both() -> Vec<HostPlan> {
    vec![
        HostPlan::healthy("astrid", Config::with_pings()),
        HostPlan::healthy("bela", Config::without_pings()),
    ]
}

const fn hours() -> u64 {
    // A busy room is too slow for six hours without optimization.
    if cfg!(debug_assertions) { 1 } else { 6 }
}

#[test]
fn a_quiet_room_has_no_gaps() {
    check_healthy("quiet", &Plan::healthy(both()), 5, REFRESHES);
}

#[test]
fn a_room_with_some_messages_delivers_each_once() {
    let mut plan = Plan::healthy(both());
    plan.events_ms = Some((1_000, 20_000));
    plan.hosts.iter_mut().for_each(|host| host.message_interval_ms = Some(17_000));
    check_healthy("some messages", &plan, 3, REFRESHES);
}

#[test]
fn a_busy_room_delivers_each_message_once() {
    let mut plan = Plan::healthy(both());
    plan.events_ms = Some((10, 10));
    plan.duration_ms = hours() * HOUR_MS;
    let reports = run("100 a second", &plan, 0);
    for report in reports {
        let Report { gaps, state_changes, missed, twice, returned, .. } = report;
        assert_eq!((gaps, missed, twice, state_changes), (0, 0, 0, 2));
        assert!(returned > usize::try_from(hours()).expect("few") * 345_000);
        assert!(report.replaced >= 1 && report.replaced <= REFRESHES);
    }
}

#[test]
fn a_background_tab_stays_connected() {
    let mut tab = HostPlan::healthy("astrid", Config::without_pings());
    tab.throttle_ms = MINUTE_MS;
    let mut speaker = tab.clone();
    speaker.message_interval_ms = Some(45_000);
    let mut plan = Plan::healthy(vec![tab, speaker]);
    check_healthy("tab", &plan, 5, REFRESHES);
    // With `idle_ms`, the connections of a silent room are replaced four times an hour. Each
    // replacement reports a gap, because nothing proves that the old connection was alive.
    plan.hosts.truncate(1);
    plan.hosts[0].config.idle_ms = Some(90_000);
    for seed in 0..5 {
        for report in run("tab with idle_ms", &plan, seed) {
            assert!(report.is_connected && report.state_changes == 2);
            assert!(report.replaced <= REFRESHES + 4 * 6 && report.gaps <= 4 * 6 + 7, "{report:?}");
        }
    }
}

#[test]
fn a_microcontroller_stays_connected() {
    let mut board = HostPlan::healthy("astrid", Config::with_pings());
    board.is_small = true;
    let mut plan = Plan::healthy(vec![board]);
    plan.events_ms = Some((500, 3_000));
    check_healthy("microcontroller", &plan, 5, REFRESHES);
}

#[test]
fn a_phone_that_sleeps_stays_connected() {
    let mut phone = HostPlan::healthy("astrid", Config::with_pings());
    phone.sleep_interval_ms = Some(5 * MINUTE_MS);
    phone.sleep_ms = Some(MINUTE_MS);
    phone.message_interval_ms = Some(47_000);
    let mut stops = phone.clone();
    stops.stops_in_sleep = true;
    let mut plan = Plan::healthy(vec![phone.clone()]);
    plan.events_ms = Some((1_000, 20_000));
    check_healthy("phone", &plan, 5, REFRESHES);
    // The host calls `refresh` after each sleep, which is required if its clock stops.
    plan.hosts = vec![phone, stops];
    plan.hosts.iter_mut().for_each(|host| host.refreshes_on_waking = true);
    check_healthy("phone with refresh", &plan, 5, 140);
}

/// Answers and pongs are often in transit or unread when the device falls asleep.
#[test]
fn a_phone_that_sleeps_in_a_slow_network_stays_connected() {
    let mut phone = HostPlan::healthy("astrid", Config::with_pings());
    phone.sleep_interval_ms = Some(2 * MINUTE_MS);
    phone.sleep_ms = Some(MINUTE_MS);
    phone.message_interval_ms = Some(7_000);
    let mut plan = Plan::healthy(vec![phone]);
    plan.network.min_latency_ms = 2_000;
    plan.network.max_latency_ms = 3_000;
    check_healthy("slow phone", &plan, 5, REFRESHES);
}

#[test]
fn a_wrong_wall_clock_costs_at_most_twelve_tokens_per_hour() {
    let mut worst = Vec::new();
    for minutes in (-60..=5)
        .step_by(if cfg!(debug_assertions) { 5 } else { 1 })
        .chain([-1_440, -180, -120, 30, 60, 121, 180, 1_440])
    {
        let mut plan = Plan::healthy(both());
        plan.events_ms = Some((10_000, 100_000));
        for host in &mut plan.hosts {
            host.wall_error_ms = minutes * i64::try_from(MINUTE_MS).expect("short");
        }
        for seed in 0..3 {
            for report in Simulation::new(plan.clone(), Rng::new(seed), false).report() {
                worst.push((report.tokens_per_hour, minutes));
                assert!(report.tokens_per_hour <= 12, "{minutes}: {report:?}");
                assert_eq!((report.missed, report.twice), (0, 0), "{minutes}: {report:?}");
                assert!(report.is_connected);
            }
        }
    }
    println!("tokens in an hour with a wrong wall clock, at most: {:?}", worst.iter().max());
}

/// A fault of the service, the network, the clock or the token endpoint.
struct FaultCase {
    name: &'static str,
    inject: fn(&mut Plan),
    /// The maximum number of tokens per hour.
    bound: usize,
}

fn fault(plan: &mut Plan, set: impl Fn(&mut ivs_chat_proto::mock::Faults)) {
    set(&mut plan.room.faults);
}

fn sessions(plan: &mut Plan, millis: u32, end: SessionEnd) {
    plan.hosts.iter_mut().for_each(|host| host.user.session_ms = millis);
    plan.room.faults.session_end = end;
}

const ABORT: SessionEnd = SessionEnd::new(AfterExpiry::Abort).without_error();
const CLOSE: SessionEnd =
    SessionEnd::new(AfterExpiry::Close { code: 1000, reason: ExpiryReason::Empty });
const OPEN: SessionEnd = SessionEnd::new(AfterExpiry::StayOpen);
const RESTART: SessionEnd =
    SessionEnd::new(AfterExpiry::Close { code: 1012, reason: ExpiryReason::Empty }).without_error();

/// The longest wait is 60 s, or 30 s on average. A connection that lasts 30 s resets the wait.
const FAULT_CASES: &[FaultCase] = &[
    FaultCase { name: "no fault", inject: |_| {}, bound: 2 },
    FaultCase {
        name: "every handshake refused, 401",
        inject: |it| fault(it, |f| f.refuse_401 = Probability::ALWAYS),
        bound: 170,
    },
    FaultCase {
        name: "every handshake refused, 403",
        inject: |it| fault(it, |f| f.refuse_403 = Probability::ALWAYS),
        bound: 170,
    },
    FaultCase {
        name: "every handshake refused, 404",
        inject: |it| fault(it, |f| f.refuse_404 = Probability::ALWAYS),
        bound: 170,
    },
    FaultCase {
        name: "every handshake refused, 503",
        inject: |it| fault(it, |f| f.refuse_503 = Probability::ALWAYS),
        bound: 170,
    },
    FaultCase {
        name: "every handshake refused, 429 with Retry-After of 60 s",
        inject: |it| {
            fault(it, |f| {
                f.refuse_429 = Probability::ALWAYS;
                f.retry_after_s = Some(60);
            });
        },
        bound: 60,
    },
    FaultCase {
        name: "handshakes without an answer",
        inject: |it| it.network.loses_handshakes = 1,
        bound: 80,
    },
    FaultCase {
        name: "half of the handshakes refused, 401",
        inject: |it| fault(it, |f| f.refuse_401 = Probability::of_256(128)),
        bound: 170,
    },
    FaultCase {
        name: "connections break at once",
        inject: |it| fault(it, |f| f.accept_then_drop = Probability::ALWAYS),
        bound: 170,
    },
    FaultCase {
        name: "connections break after 1 s",
        inject: |it| sessions(it, 1_000, ABORT),
        bound: 170,
    },
    FaultCase {
        name: "connections break after 29 s",
        inject: |it| sessions(it, 29_000, ABORT),
        bound: 170,
    },
    FaultCase {
        name: "connections break after 31 s",
        inject: |it| sessions(it, 31_000, ABORT),
        bound: 170,
    },
    FaultCase {
        name: "401 and close after 1 s",
        inject: |it| sessions(it, 1_000, CLOSE),
        bound: 170,
    },
    FaultCase {
        name: "401 and close after 31 s",
        inject: |it| sessions(it, 31_000, CLOSE),
        bound: 170,
    },
    FaultCase {
        name: "401 and no close after 1 s",
        inject: |it| sessions(it, 1_000, OPEN),
        bound: 170,
    },
    FaultCase {
        name: "401 and no close after 31 s",
        inject: |it| sessions(it, 31_000, OPEN),
        bound: 170,
    },
    FaultCase { name: "restarts after 1 s", inject: |it| sessions(it, 1_000, RESTART), bound: 170 },
    FaultCase {
        name: "restarts after 31 s",
        inject: |it| sessions(it, 31_000, RESTART),
        bound: 170,
    },
    FaultCase {
        name: "401 and close after 31 s, half of the handshakes refused, 401",
        inject: |it| {
            sessions(it, 31_000, CLOSE);
            fault(it, |f| f.refuse_401 = Probability::of_256(128));
        },
        bound: 300,
    },
    FaultCase {
        name: "no pong",
        inject: |it| fault(it, |f| f.lose_pong = Probability::ALWAYS),
        bound: 170,
    },
    FaultCase {
        name: "half of the pongs",
        inject: |it| fault(it, |f| f.lose_pong = Probability::of_256(128)),
        bound: 170,
    },
    FaultCase {
        name: "no token",
        inject: |it| it.hosts.iter_mut().for_each(|host| host.tokens.has_no_answer = 1),
        bound: 80,
    },
    FaultCase {
        name: "tokens late",
        inject: |it| it.hosts.iter_mut().for_each(|host| host.tokens.is_late = 1),
        bound: 80,
    },
    FaultCase {
        name: "tokens refused for now",
        inject: |it| it.hosts.iter_mut().for_each(|host| host.tokens.fails = 1),
        bound: 170,
    },
    FaultCase {
        name: "an outlier reading every 10 minutes",
        inject: |it| {
            it.hosts.iter_mut().for_each(|host| host.outlier_interval_ms = Some(10 * MINUTE_MS));
        },
        // Each adds 49 days, which may cost a refresh and four replacements.
        bound: 30,
    },
];

#[test]
fn tokens_per_hour_are_bounded_under_every_fault() {
    let mut silent = HostPlan::healthy("chaya", Config::without_pings());
    silent.config.idle_ms = Some(90_000);
    let mut tab = silent.clone();
    tab.throttle_ms = MINUTE_MS;
    tab.user.id = "dov".to_owned();
    let mut hosts = both();
    hosts.push(silent);
    hosts.push(tab);
    println!("tokens in an hour, at most:    pings  none  none, idle_ms  tab, idle_ms");
    let mut failures = Vec::new();
    for FaultCase { name, inject, bound } in FAULT_CASES {
        let mut plan = Plan::healthy(hosts.clone());
        inject(&mut plan);
        let mut worst = [0; 4];
        for seed in 0..3 {
            for (number, report) in
                Simulation::new(plan.clone(), Rng::new(seed), false).report().iter().enumerate()
            {
                worst[number] = worst[number].max(report.tokens_per_hour);
            }
        }
        println!("{worst:>4?} of {bound:>3}  {name}");
        // Silence may cost four replacements per hour.
        let is_within = worst[0] <= *bound
            && worst[1] <= *bound
            && worst[2] <= bound + 4
            && worst[3] <= bound + 4;
        if !is_within {
            failures.push(name);
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn max_attempts_limits_attempts() {
    for most in [1_u32, 2, 7] {
        let mut plan = Plan::healthy(both());
        plan.room.faults.refuse_503 = Probability::ALWAYS;
        plan.hosts.iter_mut().for_each(|host| host.config.max_attempts = NonZeroU32::new(most));
        for report in run("limited attempts", &plan, most.into()) {
            assert_eq!(
                (report.tokens, report.state_changes, report.is_connected),
                (usize::try_from(most).expect("few"), 2, false)
            );
        }
    }
}

#[test]
fn a_background_tab_fetches_few_tokens() {
    let mut tab = HostPlan::healthy("astrid", Config::without_pings());
    tab.throttle_ms = MINUTE_MS;
    for idle_ms in
        [None, Some(30_000), Some(90_000), Some(10 * u32::try_from(MINUTE_MS).expect("short"))]
    {
        tab.config.idle_ms = idle_ms;
        for seed in 0..5 {
            let [report] = &run("tab", &Plan::healthy(vec![tab.clone()]), seed)[..] else {
                panic!()
            };
            // One refresh and four replacements per hour on average. A given hour may have two
            // refreshes.
            assert!(report.tokens <= 1 + (1 + 4) * 6, "{idle_ms:?}, seed {seed}: {report:?}");
            assert!(report.tokens_per_hour <= 2 + 4, "{idle_ms:?}, seed {seed}: {report:?}");
        }
    }
}
