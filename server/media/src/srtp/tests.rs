//! The protection against the RFC's numbers, against another implementation, and under attack.

use bytes::BytesMut;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;

use super::*;
use crate::rtp::Outgoing;

const PROFILES: [(Profile, ProtectionProfile); 3] = [
    (Profile::Aes128CmSha1, ProtectionProfile::Aes128CmHmacSha1_80),
    (Profile::Aes128Gcm, ProtectionProfile::AeadAes128Gcm),
    (Profile::Aes256Gcm, ProtectionProfile::AeadAes256Gcm),
];

fn material(profile: Profile) -> Vec<u8> {
    (0..2 * (profile.key_length() + profile.salt_length()))
        .map(|octet| u8::try_from(octet).unwrap())
        .collect()
}

fn server(profile: Profile) -> Protection {
    let provider = rtc_crypto::default_provider().unwrap();
    Protection::of_server(profile, &material(profile), provider.crypto()).unwrap()
}

fn client(profile: Profile) -> Protection {
    let provider = rtc_crypto::default_provider().unwrap();
    Protection::of_client(profile, &material(profile), provider.crypto())
}

/// The server's sending half, in the other implementation.
fn other_receiver(profile: Profile, other: ProtectionProfile) -> Context {
    let material = material(profile);
    let parts = Parts::split(profile, &material).unwrap();
    let provider = rtc_crypto::default_provider().unwrap();
    Context::new(parts.server_key, parts.server_salt, other, None, None, provider.crypto()).unwrap()
}

fn packet(index: u64, payload: &[u8]) -> BytesMut {
    let mut packet = BytesMut::new();
    Outgoing { marker: false, payload_type: 111, index, timestamp: 960, ssrc: 0xcafe_babe }
        .write(&mut packet);
    packet.extend_from_slice(payload);
    packet
}

fn protected(protection: &mut Protection, index: u64) -> BytesMut {
    let mut packet = packet(index, b"some sound");
    protection.sender.protect_rtp(&mut packet, 0xcafe_babe, index).unwrap();
    packet
}

fn unprotect(protection: &mut Protection, packet: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut packet = packet.to_vec();
    let header = Header::parse(&packet).unwrap();
    let length = protection.receiver.unprotect_rtp(&mut packet, &header)?;
    packet.truncate(length);
    Ok(packet)
}

#[test]
fn session_keys_are_those_of_rfc_3711_appendix_b_3() {
    let hex = |text: &str| -> Vec<u8> {
        text.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    let (key, salt) = (hex("E1F97A0D3E018BE0D64FA32C06DE4139"), hex("0EC675AD498AFEEBB6960B3AABE6"));
    let provider = rtc_crypto::default_provider().unwrap();
    let derive = |label, length| cipher::derive_for_test(&key, &salt, label, length, provider.crypto());
    assert_eq!(derive(0, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(derive(2, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(derive(1, 20), hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

#[test]
fn another_implementation_reads_what_is_protected_over_a_roll_over() {
    for (profile, other) in PROFILES {
        let (mut ours, mut theirs) = (server(profile), other_receiver(profile, other));
        for index in [65_530, 65_533, 65_535, 65_536, 65_537, 65_534, 98_000, 130_000, 131_072] {
            let sent = protected(&mut ours, index);
            assert_eq!(
                theirs.decrypt_rtp(&sent).unwrap(),
                packet(index, b"some sound"),
                "{profile:?} {index}"
            );
        }
        for _ in 0..3 {
            let mut report =
                BytesMut::from(&b"\x80\xc9\x00\x01\xca\xfe\xba\xbe\x81\xca\x00\x01\xca\xfe\xba\xbe"[..]);
            let plain = report.clone();
            ours.sender.protect_rtcp(&mut report, 0xcafe_babe).unwrap();
            assert_eq!(theirs.decrypt_rtcp(&report).unwrap(), plain, "{profile:?}");
        }
    }
}

#[test]
fn what_another_implementation_protects_is_read_over_a_roll_over() {
    for (profile, other) in PROFILES {
        // The other side of the same association: its keys are those of the server.
        let (mut ours, mut theirs) = (client(profile), other_receiver(profile, other));
        for index in [65_530_u64, 65_535, 65_536, 98_000, 130_000, 131_072] {
            let sent = theirs.encrypt_rtp(&packet(index, b"some sound")).unwrap();
            assert_eq!(
                unprotect(&mut ours, &sent),
                Ok(packet(index, b"some sound").to_vec()),
                "{profile:?} {index}"
            );
        }
        let plain = b"\x80\xc9\x00\x01\xca\xfe\xba\xbe\x81\xca\x00\x01\xca\xfe\xba\xbe";
        let mut report = theirs.encrypt_rtcp(plain).unwrap();
        let length = ours.receiver.unprotect_rtcp(&mut report).unwrap();
        assert_eq!(&report[..length], plain, "{profile:?}");
    }
}

#[test]
fn a_packet_is_accepted_once() {
    for (profile, _) in PROFILES {
        let (mut sender, mut receiver) = (server(profile), client(profile));
        let sent: Vec<_> = (100..400).map(|index| protected(&mut sender, index)).collect();
        for packet in &sent {
            assert!(unprotect(&mut receiver, packet).is_ok());
        }
        for packet in &sent {
            assert_eq!(unprotect(&mut receiver, packet), Err(Refusal::Replayed));
        }
        let mut report = BytesMut::from(&[0x80, 0xc9, 0, 1, 0, 0, 0, 7][..]);
        sender.sender.protect_rtcp(&mut report, 7).unwrap();
        assert_eq!(receiver.receiver.unprotect_rtcp(&mut report.clone()), Ok(8));
        assert_eq!(receiver.receiver.unprotect_rtcp(&mut report), Err(Refusal::Replayed));
    }
}

#[test]
fn a_changed_bit_anywhere_is_noticed_and_leaves_no_trace() {
    for (profile, _) in PROFILES {
        let (mut sender, mut receiver) = (server(profile), client(profile));
        let sent = protected(&mut sender, 9);
        for bit in 0..sent.len() * 8 {
            let mut forged = sent.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            if Header::parse(&forged).is_some() {
                assert!(unprotect(&mut receiver, &forged).is_err(), "{profile:?} bit {bit}");
            }
        }
        assert!(receiver.receiver.rtp_streams.current.is_none());
        assert!(unprotect(&mut receiver, &sent).is_ok());
    }
}

#[test]
fn packets_cut_short_are_malformed_or_unauthentic_but_never_more() {
    for (profile, _) in PROFILES {
        let (mut sender, mut receiver) = (server(profile), client(profile));
        let sent = protected(&mut sender, 9);
        let mut report = BytesMut::from(&[0x80, 0xc9, 0, 1, 0, 0, 0, 7][..]);
        sender.sender.protect_rtcp(&mut report, 7).unwrap();
        for length in 12..sent.len() {
            assert!(unprotect(&mut receiver, &sent[..length]).is_err());
        }
        for length in 0..report.len() {
            assert!(receiver.receiver.unprotect_rtcp(&mut report.to_vec()[..length]).is_err());
        }
    }
}

#[test]
fn a_peer_with_ever_new_ssrcs_costs_eight_streams() {
    let (mut sender, mut receiver) = (server(Profile::Aes128Gcm), client(Profile::Aes128Gcm));
    for ssrc in 0..100 {
        let mut packet = BytesMut::new();
        Outgoing { marker: false, payload_type: 0, index: 5, timestamp: 0, ssrc }.write(&mut packet);
        sender.sender.protect_rtp(&mut packet, ssrc, 5).unwrap();
        assert!(unprotect(&mut receiver, &packet).is_ok());
    }
    let Streams { current, former } = &receiver.receiver.rtp_streams;
    let kept: Vec<u32> = former.iter().chain(current).map(|(ssrc, _)| *ssrc).collect();
    assert_eq!(kept, (92..100).collect::<Vec<_>>());
}

#[test]
fn a_packets_index_is_estimated_near_the_highest_one() {
    let cases = [
        (None, 40_000, Some(40_000)),
        (Some(10), 65_530, None),
        (Some(10), 30_000, Some(30_000)),
        (Some(65_530), 3, Some(65_539)),
        (Some(65_536 + 3), 65_530, Some(65_530)),
        (Some(3 * 65_536 + 40_000), 39_990, Some(3 * 65_536 + 39_990)),
        (Some(3 * 65_536 + 60_000), 20_000, Some(4 * 65_536 + 20_000)),
    ];
    for (highest, sequence, expected) in cases {
        assert_eq!(estimate(highest, sequence), expected, "{highest:?} {sequence}");
    }
}
