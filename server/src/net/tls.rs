//! Which certificate does the server show?

use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, crypto::aws_lc_rs};
use tokio_rustls::TlsAcceptor;

/// What TLS listeners begin connections with.
#[derive(Clone)]
pub(crate) struct Tls {
    /// For HTTPS, which negotiates HTTP/2 or HTTP/1.1.
    pub(crate) https: TlsAcceptor,
    /// For XIMSS, which has no ALPN name.
    pub(crate) ximss: TlsAcceptor,
}

impl Tls {
    /// Loads a certificate chain and its key, both PEM.
    pub(crate) fn load(certificate: &Path, key: &Path) -> Result<Self> {
        let wrong = |path: &Path, why: String| {
            Error::new(ErrorKind::InvalidData, format!("{}: {why}", path.display()))
        };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .map_err(|e| wrong(certificate, e.to_string()))?;
        if chain.is_empty() {
            return Err(wrong(certificate, "there is no certificate in it".to_owned()));
        }
        let private = PrivateKeyDer::from_pem_file(key).map_err(|e| wrong(key, e.to_string()))?;
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(|e| wrong(certificate, e.to_string()))?;
        let mut https = config.clone();
        https.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { https: TlsAcceptor::from(Arc::new(https)), ximss: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Loads the self-signed certificate in this folder; makes it if it is not there. It is for trying things out:
    /// browsers will ask.
    pub(crate) fn self_signed(folder: &Path, names: &[String]) -> Result<Self> {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        if !certificate.exists() || !key.exists() {
            std::fs::create_dir_all(folder)?;
            let (certificate_pem, key_pem) = make(names).map_err(Error::other)?;
            write_private(&key, &key_pem)?;
            write_private(&certificate, &certificate_pem)?;
        }
        Self::load(&certificate, &key)
    }
}

fn make(names: &[String]) -> std::result::Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name.push(DnType::CommonName, "ximss-gateway (self-signed)");
    params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
    params.subject_alt_names.push(SanType::IpAddress(std::net::Ipv6Addr::LOCALHOST.into()));
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Writes the file under another name first, so that it is there whole or not at all.
fn write_private(path: &PathBuf, text: &str) -> Result<()> {
    let temporary = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_self_signed_certificate_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        Tls::self_signed(folder.path(), &["localhost".to_owned()]).unwrap();
        let first = std::fs::read(folder.path().join("certificate.pem")).unwrap();
        Tls::self_signed(folder.path(), &["localhost".to_owned()]).unwrap();
        assert_eq!(std::fs::read(folder.path().join("certificate.pem")).unwrap(), first);
    }

    #[test]
    fn a_file_that_is_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrong.pem");
        std::fs::write(&path, "hello").unwrap();
        let error = Tls::load(&path, &path).err().unwrap().to_string();
        assert!(error.contains("wrong.pem: there is no certificate in it"), "{error}");
    }
}
