//! Which secret does the server hold, and what is derived from it?

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};

/// The server's secret: 32 random bytes in the file `server.key` (mode 0600) of the data folder. Everything that
/// is sealed or signed depends on it; who loses it makes users set their passwords again for SIP.
pub(crate) struct ServerKey {
    secret: hkdf::Prk,
    seal: LessSafeKey,
    ticket: hmac::Key,
}

/// Sealed bytes that were not sealed with this key for this purpose.
#[derive(Debug, thiserror::Error)]
#[error("sealed data cannot be opened: was server.key replaced?")]
pub(crate) struct Unsealable;

impl ServerKey {
    /// Reads the key file, or makes one.
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let secret = match File::open(path) {
            Ok(mut file) => {
                let mut secret = Vec::new();
                file.read_to_end(&mut secret)?;
                secret
            }
            Err(e) if e.kind() == ErrorKind::NotFound => create(path)?,
            Err(e) => return Err(e),
        };
        if secret.len() != 32 {
            let text = format!(
                "it should have 32 bytes, and has {}: restore it from a backup (with another one, phones cannot \
                 register until their users' passwords are set again)",
                secret.len()
            );
            return Err(std::io::Error::new(ErrorKind::InvalidData, text));
        }
        Self::new(&secret).ok_or_else(|| std::io::Error::other("the server key cannot be used"))
    }

    fn new(secret: &[u8]) -> Option<Self> {
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, b"ximss-gateway").extract(secret);
        let seal = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &derive(&secret, "seal")?).ok()?);
        let ticket = hmac::Key::new(hmac::HMAC_SHA256, &derive(&secret, "ticket")?);
        Some(Self { secret, seal, ticket })
    }

    /// A key of its own for SIP, from which nonces are made and checked.
    pub(crate) fn sip_seed(&self) -> [u8; 32] {
        derive(&self.secret, "sip").unwrap_or_default()
    }

    /// Encrypts and authenticates `plain`; it opens only with the same `purpose`.
    pub(crate) fn seal(&self, purpose: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut out = random::<NONCE_LEN>().to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&out);
        let mut body = plain.to_vec();
        if let Ok(nonce) = nonce
            && self.seal.seal_in_place_append_tag(nonce, Aad::from(purpose), &mut body).is_ok()
        {
            out.append(&mut body);
        }
        out
    }

    /// Opens what [`Self::seal`] made.
    pub(crate) fn open_sealed(&self, purpose: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut body = body.to_vec();
        let plain = self.seal.open_in_place(nonce, Aad::from(purpose), &mut body).map_err(|_| Unsealable)?;
        Ok(plain.to_vec())
    }

    /// A signature of 32 bytes.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.ticket, message).as_ref().to_vec()
    }

    /// Whether the signature is ours; takes the same time whatever is wrong.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.ticket, message, signature).is_ok()
    }
}

fn create(path: &Path) -> std::io::Result<Vec<u8>> {
    let secret = random::<32>();
    // Under another name first, so that it is there whole or not at all; a start that was cut off may have left one.
    let unfinished = path.with_extension("key.new");
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(secret.to_vec())
}

fn derive(secret: &hkdf::Prk, purpose: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    secret.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256).ok()?.fill(&mut out).ok()?;
    Some(out)
}

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "without random numbers nothing here is safe: better to stop")]
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random numbers");
    bytes
}

/// Letters and digits that nobody can guess; each carries almost 6 bits.
pub(crate) fn random_text(length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // Bytes from 248 on would make some letters likelier than others.
        let letters = random::<32>().into_iter().filter(|byte| *byte < 248);
        let letters = letters.filter_map(|byte| ALPHABET.get(usize::from(byte % 62)));
        text.extend(letters.take(length - text.len()).map(|letter| char::from(*letter)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.key");
        let first = ServerKey::open(&path).unwrap();
        let again = ServerKey::open(&path).unwrap();
        assert!(again.verify(b"m", &first.sign(b"m")));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "short").unwrap();
        assert!(ServerKey::open(&path).is_err());
    }

    #[test]
    fn a_key_that_was_being_written_when_the_power_went_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.key");
        std::fs::write(folder.path().join("server.key.new"), "torn").unwrap();
        ServerKey::open(&path).unwrap();
        let names: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["server.key"]);
        assert_eq!(std::fs::read(&path).unwrap().len(), 32);
    }

    #[test]
    fn sealed_bytes_open_only_with_their_purpose_and_unchanged() {
        let key = ServerKey::new(&[7; 32]).unwrap();
        let sealed = key.seal(b"a", b"secret");
        assert_eq!(key.open_sealed(b"a", &sealed).unwrap(), b"secret");
        assert!(key.open_sealed(b"b", &sealed).is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(key.open_sealed(b"a", &changed).is_err());
        assert!(key.open_sealed(b"a", &sealed[..5]).is_err());
        assert_ne!(key.seal(b"a", b"secret"), sealed);
    }

    #[test]
    fn random_text_has_its_length_and_only_letters_and_digits() {
        let text = random_text(200);
        assert_eq!(text.len(), 200);
        assert!(text.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(random_text(20), random_text(20));
    }
}
