//! Tones, so that it can be told who is heard.

use std::f64::consts::TAU;
use std::path::Path;

/// Samples a second of the files written here.
const RATE: u32 = 48_000;

/// Writes ten seconds of a tone as a WAV file; what plays it in a loop plays it without a gap.
pub(crate) fn write_tone(path: &Path, hertz: u32) {
    let samples = (0..RATE * 10).map(|n| {
        let phase = TAU * f64::from(hertz) * f64::from(n) / f64::from(RATE);
        // Between -16,000 and 16,000.
        (phase.sin() * 16_000.0) as i16
    });
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let length = u32::try_from(data.len()).expect("it is short");
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    file.extend([1, 0, 1, 0]);
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 2).to_le_bytes());
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(data);
    std::fs::write(path, file).expect("the tone can be written");
}

/// A recording: the first channel, and its samples a second.
pub(crate) struct Recording {
    samples: Vec<f64>,
    rate: f64,
}

impl Recording {
    /// Reads a WAV file of 16 bits a sample. Its header may say that it is empty, if who writes it has not ended.
    pub(crate) fn read(path: &Path) -> Self {
        let file = std::fs::read(path).expect("the recording is there");
        let find = |name: &[u8]| file.windows(name.len()).position(|window| window == name);
        let (format, data) = (find(b"fmt ").expect("a WAV file"), find(b"data").expect("a WAV file"));
        let number = |at: usize| usize::from(u16::from_le_bytes([file[at], file[at + 1]]));
        let (channels, rate) = (number(format + 10), number(format + 12) + (number(format + 14) << 16));
        assert_eq!(number(format + 22), 16, "bits a sample");
        let samples = file[data + 8..].chunks_exact(2 * channels);
        let samples = samples.map(|frame| f64::from(i16::from_le_bytes([frame[0], frame[1]])) / 32_768.0);
        Self { samples: samples.collect(), rate: rate as f64 }
    }

    /// Seconds of it.
    pub(crate) fn seconds(&self) -> f64 {
        self.samples.len() as f64 / self.rate
    }

    /// How loud a tone is in it, between 0 and 1 (Goertzel's algorithm).
    pub(crate) fn level(&self, hertz: u32) -> f64 {
        let turn = 2.0 * (TAU * f64::from(hertz) / self.rate).cos();
        let (mut last, mut before) = (0.0, 0.0);
        for sample in &self.samples {
            (last, before) = (sample + turn * last - before, last);
        }
        let power: f64 = last * last + before * before - turn * last * before;
        2.0 * power.max(0.0).sqrt() / self.samples.len() as f64
    }
}

#[test]
fn a_tone_is_told_from_another() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("tone.wav");
    write_tone(&path, 440);
    let recording = Recording::read(&path);
    assert!((recording.seconds() - 10.0).abs() < 0.01);
    assert!(recording.level(440) > 0.4);
    assert!(recording.level(880) < 0.001);
}
