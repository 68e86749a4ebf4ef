//! Verifies a server's certificate, as strictly as is demanded. rustls holds certificates to the
//! rules of the public web. PostgreSQL's documentation recommends some that break these rules, and
//! libpq accepts them. They are of version 1, or an authority's own, or have the host's name in the
//! subject only. They are accepted here too, where the user named the authority.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::certificate::Certificate;

/// Accepts every certificate: the connection is encrypted, but the server may be any.
#[derive(Debug)]
pub(super) struct AnyCertificate(WebPkiSupportedAlgorithms);

impl AnyCertificate {
    pub fn new(provider: &Arc<CryptoProvider>) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12(&self.0, message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13(&self.0, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// Accepts a certificate of a trusted authority: for any host (`verify-ca`), or for the one that is
/// meant (`verify-full`).
#[derive(Debug)]
pub(super) struct Trusted {
    chain: Arc<WebPkiServerVerifier>,
    /// The certificates that the user named as trusted.
    named: Vec<CertificateDer<'static>>,
    checks_host: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Trusted {
    pub fn new(
        chain: Arc<WebPkiServerVerifier>,
        named: Vec<CertificateDer<'static>>,
        checks_host: bool,
        provider: &Arc<CryptoProvider>,
    ) -> Self {
        Self {
            chain,
            named,
            checks_host,
            algorithms: provider.signature_verification_algorithms,
        }
    }

    /// Whether the certificate is one of the named ones, or of version 1 and signed by one of them.
    fn is_named(&self, certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
        let Ok(parsed) = Certificate::parse(certificate) else {
            return false;
        };
        let is_signed = || {
            let authorities = self
                .named
                .iter()
                .filter_map(|named| Certificate::parse(named).ok());
            authorities
                .into_iter()
                .any(|authority| parsed.is_signed_by(&authority, &self.algorithms))
        };
        parsed.is_valid_at(now)
            && (self.named.contains(certificate) || parsed.is_version_1() && is_signed())
    }
}

impl ServerCertVerifier for Trusted {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let refused =
            match self
                .chain
                .verify_server_cert(certificate, intermediates, name, ocsp, now)
            {
                Ok(verified) => return Ok(verified),
                Err(refused) => refused,
            };
        // The library checks the chain before the name: an error about the name means that the
        // chain is good.
        let is_trusted =
            is_about_name(&refused) || is_about_form(&refused) && self.is_named(certificate, now);
        let is_host = || {
            !self.checks_host
                || Certificate::parse(certificate).is_ok_and(|parsed| parsed.is_for(name))
        };
        match is_trusted && is_host() {
            true => Ok(ServerCertVerified::assertion()),
            false if is_trusted => {
                Err(Error::InvalidCertificate(CertificateError::NotValidForName))
            }
            false => Err(refused),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12(&self.algorithms, message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13(&self.algorithms, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn is_about_name(error: &Error) -> bool {
    use CertificateError::{NotValidForName, NotValidForNameContext};
    matches!(
        error,
        Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })
    )
}

/// Whether the library refused the form of the certificate before it looked at its signer.
fn is_about_form(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else {
        return false;
    };
    let cause = other.0.downcast_ref::<webpki::Error>();
    matches!(
        cause,
        Some(webpki::Error::CaUsedAsEndEntity | webpki::Error::UnsupportedCertVersion)
    )
}

/// Verifies that the key of a certificate signed the handshake. This is checked even where the
/// certificate is not: `channel_binding` relies on it.
fn verify_tls12(
    algorithms: &WebPkiSupportedAlgorithms,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let key = Certificate::parse(certificate)?.key()?;
    let known = algorithms
        .mapping
        .iter()
        .find(|(scheme, _)| *scheme == signature.scheme);
    let (_, candidates) = known.ok_or(CertificateError::BadSignature)?;
    match candidates
        .iter()
        .any(|algorithm| key.has_signed(*algorithm, message, signature.signature()))
    {
        true => Ok(HandshakeSignatureValid::assertion()),
        false => Err(CertificateError::BadSignature.into()),
    }
}

fn verify_tls13(
    algorithms: &WebPkiSupportedAlgorithms,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let key = Certificate::parse(certificate)?.key()?;
    verify_tls13_signature_with_raw_key(message, key.as_der(), signature, algorithms)
}
