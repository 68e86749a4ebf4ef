//! Encrypts connections as libpq's `sslmode` promises, with rustls. `prefer` and `require` check no
//! certificate, as in libpq: servers with a self-signed one rely on that. `verify-ca` and
//! `verify-full` trust the platform's authorities, or those in `sslrootcert`.

mod certificate;
mod verifier;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::{Authorities, Tls, TlsMode, Versions};
use verifier::{AnyCertificate, Trusted};

/// Returns the TLS connector of a connection; `None` where the connection must not be encrypted.
pub(super) fn connector(tls: &Tls) -> Result<Option<MakeRustlsConnect>> {
    if tls.mode == TlsMode::Disable {
        return Ok(None);
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(tls, &provider)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(tls.versions))
        .context("cannot set up TLS")?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match &tls.client {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = certificates("sslcert", certificate)?;
            let key = private_key(key)?;
            config
                .with_client_auth_cert(chain, key)
                .context("`sslcert` and `sslkey` do not belong together")?
        }
    };
    if tls.is_direct {
        // PostgreSQL demands this name of a connection that begins with TLS.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    config.enable_sni = !tls.hides_host;
    Ok(Some(MakeRustlsConnect::new(config)))
}

fn versions(versions: Versions) -> Vec<&'static SupportedProtocolVersion> {
    use rustls::version::{TLS12, TLS13};
    match versions {
        Versions::All => vec![&TLS13, &TLS12],
        Versions::Only12 => vec![&TLS12],
        Versions::Only13 => vec![&TLS13],
    }
}

fn verifier(tls: &Tls, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>> {
    let is_checked = match tls.mode {
        TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => false,
        TlsMode::VerifyAuthority | TlsMode::VerifyHost => true,
    };
    if !is_checked {
        return Ok(Arc::new(AnyCertificate::new(provider)));
    }
    let authorities = match &tls.authorities {
        Authorities::File(file) => certificates("sslrootcert", file)?,
        Authorities::System => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities.iter().cloned());
    if roots.is_empty() {
        bail!(
            "no certificate authority is known here: name one with `sslrootcert=<file>` in the URL"
        )
    }
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let chain = match &tls.revoked {
        Some(file) => chain.with_crls(revoked(file)?),
        None => chain,
    };
    // Only certificates that the user named are trusted beyond the library's own verification. Not
    // with `sslcrl`: that trust does not look at revocations.
    let named = match (&tls.authorities, &tls.revoked) {
        (Authorities::File(_), None) => authorities,
        (Authorities::File(_), Some(_)) | (Authorities::System, _) => Vec::new(),
    };
    let chain = chain.build().context("cannot set up TLS")?;
    Ok(Arc::new(Trusted::new(
        chain,
        named,
        tls.mode == TlsMode::VerifyHost,
        provider,
    )))
}

fn certificates(parameter: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_file_iter(file).with_context(|| unreadable(parameter, file))?;
    let found: Vec<_> = found
        .collect::<Result<_, _>>()
        .with_context(|| unreadable(parameter, file))?;
    if found.is_empty() {
        bail!("`{}` (`{parameter}`) holds no certificate", file.display())
    }
    Ok(found)
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>> {
    let text = std::fs::read(file).with_context(|| unreadable("sslkey", file))?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
        let is_encrypted = String::from_utf8_lossy(&text).contains("ENCRYPTED");
        let error = anyhow!(error).context(unreadable("sslkey", file));
        match is_encrypted {
            true => error.context(
                "the key is encrypted, which is not supported: decrypt it with `openssl pkey`",
            ),
            false => error,
        }
    })
}

fn revoked(file: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>> {
    let found = CertificateRevocationListDer::pem_file_iter(file)
        .with_context(|| unreadable("sslcrl", file))?;
    found
        .collect::<Result<_, _>>()
        .with_context(|| unreadable("sslcrl", file))
}

fn unreadable(parameter: &str, file: &Path) -> String {
    format!("cannot read `{}` (`{parameter}`)", file.display())
}
