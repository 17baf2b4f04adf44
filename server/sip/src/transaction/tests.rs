//! The four machines as tables: at a time, an input; what is to be done, and when time matters next.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use super::client::Client;
use super::invite_client::InviteClient;
use super::invite_server::InviteServer;
use super::server::Server;
use super::*;
use crate::origin::origin;

use Class::{Failure, Provisional, Success};
use ClientInput::{FlowFailed, Response};
use ServerInput::{Reply, Request};

/// Milliseconds from the start, the input, the effects, and the deadline after it in milliseconds from the start.
type Step<Input> = (u64, Input, Effects, Option<u64>);

const NONE: Effects = Effects::NONE;
const PASS: Effects = Effects::PASS;
const REQUEST: Effects = Effects { send: Some(Transmit::Request), ..NONE };
const RESPONSE: Effects = Effects { send: Some(Transmit::Response), ..NONE };
const ACK: Effects = Effects { send: Some(Transmit::Ack), ..NONE };
const DONE: Effects = Effects { end: Some(End::Done), ..NONE };
const TIMED_OUT: Effects = Effects { end: Some(End::TimedOut), ..NONE };
const UNREACHABLE: Effects = Effects { end: Some(End::Unreachable), ..NONE };

fn run<Machine, Input: Copy + Debug>(
    start: impl Fn(&Clock<'_>) -> Machine,
    handle: impl Fn(&mut Machine, &Clock<'_>, Input) -> Effects,
    deadline: impl Fn(&Machine) -> Option<Instant>,
    reliable: bool,
    steps: &[Step<Input>],
) {
    let (zero, timers) = (origin(), Timers::default());
    let clock = |after| Clock { now: zero + Duration::from_millis(after), timers: &timers, reliable };
    let mut machine = start(&clock(0));
    for &(at, input, effects, next) in steps {
        let done = handle(&mut machine, &clock(at), input);
        let after = deadline(&machine).map(|time| time.duration_since(zero).as_millis());
        assert_eq!((done, after), (effects, next.map(u128::from)), "{input:?} at {at} ms");
    }
}

fn invite_client(reliable: bool, steps: &[Step<ClientInput>]) {
    run(InviteClient::start, InviteClient::handle, InviteClient::deadline, reliable, steps);
}

fn client(reliable: bool, steps: &[Step<ClientInput>]) {
    run(Client::start, Client::handle, Client::deadline, reliable, steps);
}

fn invite_server(reliable: bool, steps: &[Step<ServerInput>]) {
    run(|_| InviteServer::start(), InviteServer::handle, InviteServer::deadline, reliable, steps);
}

fn server(reliable: bool, steps: &[Step<ServerInput>]) {
    run(|_| Server::Trying, Server::handle, Server::deadline, reliable, steps);
}

const CLIENT_TIME: ClientInput = ClientInput::Time;
const SERVER_TIME: ServerInput = ServerInput::Time;

#[test]
fn an_unanswered_invite_is_repeated_at_doubling_intervals_for_64_t1() {
    invite_client(
        false,
        &[
            (499, CLIENT_TIME, NONE, Some(500)),
            (500, CLIENT_TIME, REQUEST, Some(1_500)),
            (1_500, CLIENT_TIME, REQUEST, Some(3_500)),
            (3_500, CLIENT_TIME, REQUEST, Some(7_500)),
            (7_500, CLIENT_TIME, REQUEST, Some(15_500)),
            (15_500, CLIENT_TIME, REQUEST, Some(31_500)),
            (31_500, CLIENT_TIME, REQUEST, Some(32_000)),
            (32_000, CLIENT_TIME, TIMED_OUT, None),
            (32_001, Response(Success), NONE, None),
        ],
    );
}

#[test]
fn an_unanswered_invite_over_a_reliable_transport_is_only_waited_for() {
    invite_client(true, &[(500, CLIENT_TIME, NONE, Some(32_000)), (32_000, CLIENT_TIME, TIMED_OUT, None)]);
}

#[test]
fn a_provisional_response_to_an_invite_stops_its_repetition_and_its_time_limit() {
    invite_client(
        false,
        &[
            (100, Response(Provisional), PASS, None),
            (200, Response(Provisional), PASS, None),
            (40_000, CLIENT_TIME, NONE, None),
            (40_001, FlowFailed, NONE, None),
            (50_000, Response(Success), PASS, Some(82_000)),
        ],
    );
}

#[test]
fn a_failed_invite_is_acknowledged_at_every_repetition_of_the_failure() {
    invite_client(
        false,
        &[
            (100, Response(Failure), Effects { pass: true, ..ACK }, Some(32_100)),
            (600, Response(Failure), ACK, Some(32_100)),
            (700, Response(Success), NONE, Some(32_100)),
            (700, Response(Provisional), NONE, Some(32_100)),
            (32_099, CLIENT_TIME, NONE, Some(32_100)),
            (32_100, CLIENT_TIME, DONE, None),
        ],
    );
}

#[test]
fn a_failed_invite_over_a_reliable_transport_is_over_at_once() {
    let over = Effects { send: Some(Transmit::Ack), pass: true, end: Some(End::Done) };
    invite_client(true, &[(100, Response(Provisional), PASS, None), (200, Response(Failure), over, None)]);
}

/// RFC 6026 §7.2.
#[test]
fn an_accepted_invite_passes_every_success_for_64_t1_and_absorbs_everything_else() {
    invite_client(
        false,
        &[
            (100, Response(Success), PASS, Some(32_100)),
            (200, Response(Success), PASS, Some(32_100)),
            (300, Response(Failure), NONE, Some(32_100)),
            (300, Response(Provisional), NONE, Some(32_100)),
            (300, FlowFailed, NONE, Some(32_100)),
            (32_100, CLIENT_TIME, DONE, None),
        ],
    );
}

#[test]
fn an_invite_whose_flow_fails_before_any_response_is_unreachable() {
    invite_client(true, &[(10, FlowFailed, UNREACHABLE, None), (11, CLIENT_TIME, NONE, None)]);
}

#[test]
fn an_unanswered_request_is_repeated_at_intervals_up_to_t2_for_64_t1() {
    let mut steps = vec![
        (500, CLIENT_TIME, REQUEST, Some(1_500)),
        (1_500, CLIENT_TIME, REQUEST, Some(3_500)),
        (3_500, CLIENT_TIME, REQUEST, Some(7_500)),
    ];
    steps.extend(
        (7_500..31_500).step_by(4_000).map(|at| (at, CLIENT_TIME, REQUEST, Some((at + 4_000).min(32_000)))),
    );
    steps.push((31_500, CLIENT_TIME, REQUEST, Some(32_000)));
    steps.push((32_000, CLIENT_TIME, TIMED_OUT, None));
    client(false, &steps);
}

#[test]
fn a_provisional_response_slows_a_request_down_to_t2() {
    client(
        false,
        &[
            (100, Response(Provisional), PASS, Some(500)),
            (500, CLIENT_TIME, REQUEST, Some(4_500)),
            (4_500, CLIENT_TIME, REQUEST, Some(8_500)),
            (5_000, Response(Provisional), PASS, Some(8_500)),
            (32_000, CLIENT_TIME, TIMED_OUT, None),
        ],
    );
}

#[test]
fn an_answered_request_absorbs_repetitions_for_t4() {
    client(
        false,
        &[
            (100, Response(Success), PASS, Some(5_100)),
            (200, Response(Success), NONE, Some(5_100)),
            (200, Response(Failure), NONE, Some(5_100)),
            (200, FlowFailed, NONE, Some(5_100)),
            (5_099, CLIENT_TIME, NONE, Some(5_100)),
            (5_100, CLIENT_TIME, DONE, None),
        ],
    );
}

#[test]
fn an_answered_request_over_a_reliable_transport_is_over_at_once() {
    client(
        true,
        &[
            (100, Response(Failure), Effects { pass: true, ..DONE }, None),
            (101, Response(Failure), NONE, None),
        ],
    );
}

#[test]
fn a_request_whose_flow_fails_is_unreachable() {
    client(true, &[(100, Response(Provisional), PASS, Some(32_000)), (200, FlowFailed, UNREACHABLE, None)]);
}

#[test]
fn a_repeated_invite_is_answered_with_the_last_provisional_response() {
    invite_server(
        false,
        &[
            (0, Request, NONE, None),
            (1, Reply(Provisional), RESPONSE, None),
            (2, Request, RESPONSE, None),
            (3, ServerInput::Ack, NONE, None),
            (4, SERVER_TIME, NONE, None),
        ],
    );
}

#[test]
fn a_failure_is_repeated_until_its_ack_comes() {
    invite_server(
        false,
        &[
            (0, Reply(Failure), RESPONSE, Some(500)),
            (500, SERVER_TIME, RESPONSE, Some(1_500)),
            (600, Request, RESPONSE, Some(1_500)),
            (1_500, SERVER_TIME, RESPONSE, Some(3_500)),
            (3_500, SERVER_TIME, RESPONSE, Some(7_500)),
            (7_500, SERVER_TIME, RESPONSE, Some(11_500)),
            (8_000, Reply(Failure), NONE, Some(11_500)),
            (9_000, ServerInput::Ack, NONE, Some(14_000)),
            (9_001, ServerInput::Ack, NONE, Some(14_000)),
            (9_002, Request, NONE, Some(14_000)),
            (9_003, Reply(Success), NONE, Some(14_000)),
            (13_999, SERVER_TIME, NONE, Some(14_000)),
            (14_000, SERVER_TIME, DONE, None),
        ],
    );
}

#[test]
fn a_failure_whose_ack_never_comes_is_given_up_after_64_t1() {
    invite_server(
        false,
        &[(100, Reply(Failure), RESPONSE, Some(600)), (32_100, SERVER_TIME, TIMED_OUT, None)],
    );
}

#[test]
fn a_failure_over_a_reliable_transport_is_sent_once_and_its_ack_ends_it() {
    invite_server(
        true,
        &[
            (100, Reply(Failure), RESPONSE, Some(32_100)),
            (200, ServerInput::Ack, DONE, None),
            (201, Request, NONE, None),
        ],
    );
}

/// RFC 6026 §7.1.
#[test]
fn an_accepted_invite_absorbs_its_repetitions_and_passes_acks_and_further_successes_on() {
    invite_server(
        false,
        &[
            (100, Reply(Success), RESPONSE, Some(32_100)),
            (200, Request, NONE, Some(32_100)),
            (300, Reply(Success), RESPONSE, Some(32_100)),
            (300, Reply(Failure), NONE, Some(32_100)),
            (300, Reply(Provisional), NONE, Some(32_100)),
            (400, ServerInput::Ack, PASS, Some(32_100)),
            (32_100, SERVER_TIME, DONE, None),
            (32_101, Reply(Success), NONE, None),
        ],
    );
}

#[test]
fn a_repeated_request_is_answered_with_what_was_answered_last() {
    server(
        false,
        &[
            (0, Request, NONE, None),
            (0, SERVER_TIME, NONE, None),
            (1, Reply(Provisional), RESPONSE, None),
            (2, Request, RESPONSE, None),
            (3, Reply(Success), RESPONSE, Some(32_003)),
            (4, Request, RESPONSE, Some(32_003)),
            (5, Reply(Failure), NONE, Some(32_003)),
            (6, ServerInput::Ack, NONE, Some(32_003)),
            (32_002, SERVER_TIME, NONE, Some(32_003)),
            (32_003, SERVER_TIME, DONE, None),
            (32_004, Request, NONE, None),
        ],
    );
}

#[test]
fn a_request_over_a_reliable_transport_is_over_once_answered() {
    server(true, &[(3, Reply(Failure), Effects { end: Some(End::Done), ..RESPONSE }, None)]);
}
