//! The content of a certificate: its key, its host, its dates, and its signer.

use std::net::IpAddr;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::{CertificateError, Error};
use webpki::RawPublicKeyEntity;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::{TbsCertificate, Version};

/// The subject's common name (`CN`).
const COMMON_NAME: &str = "2.5.4.3";

/// A certificate of any version.
pub(super) struct Certificate(x509_cert::Certificate);

/// The public key of a certificate.
pub(super) struct PublicKey(SubjectPublicKeyInfoDer<'static>);

impl Certificate {
    /// Reads a certificate.
    pub fn parse(der: &CertificateDer<'_>) -> Result<Self, Error> {
        x509_cert::Certificate::from_der(der)
            .map(Self)
            .map_err(|_| CertificateError::BadEncoding.into())
    }

    fn content(&self) -> &TbsCertificate {
        &self.0.tbs_certificate
    }

    /// Returns the public key.
    pub fn key(&self) -> Result<PublicKey, Error> {
        let der = self.content().subject_public_key_info.to_der();
        let der = der.map_err(|_| Error::from(CertificateError::BadEncoding))?;
        Ok(PublicKey(SubjectPublicKeyInfoDer::from(der)))
    }

    /// Whether it is of version 1, which has no extensions.
    pub fn is_version_1(&self) -> bool {
        self.content().version == Version::V1
    }

    /// Whether `now` is between its dates.
    pub fn is_valid_at(&self, now: UnixTime) -> bool {
        let validity = self.content().validity;
        let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
        (seconds(validity.not_before)..=seconds(validity.not_after)).contains(&now.as_secs())
    }

    /// Whether the key of `authority` signed it.
    pub fn is_signed_by(&self, authority: &Self, algorithms: &WebPkiSupportedAlgorithms) -> bool {
        if self.content().issuer != authority.content().subject {
            return false;
        }
        let (Ok(key), Ok(content)) = (authority.key(), self.content().to_der()) else {
            return false;
        };
        // The identifier of the algorithm is not looked up: only the right one verifies the
        // signature.
        let Some(signature) = self.0.signature.as_bytes() else {
            return false;
        };
        algorithms
            .all
            .iter()
            .any(|algorithm| key.has_signed(*algorithm, &content, signature))
    }

    /// Whether it is for the host `name`. As in libpq, the subject counts only where the
    /// certificate gives no other name.
    pub fn is_for(&self, name: &ServerName<'_>) -> bool {
        let (names, addresses) = self.alternative_names();
        let is_subject_asked = names.is_empty() && addresses.is_empty();
        match name {
            ServerName::DnsName(host) => {
                let host = host.as_ref();
                let common = self.common_names().into_iter().filter(|_| is_subject_asked);
                names
                    .into_iter()
                    .chain(common)
                    .any(|pattern| fits(&pattern, host))
            }
            ServerName::IpAddress(address) => {
                let address = IpAddr::from(*address);
                let is_common =
                    is_subject_asked && self.common_names().contains(&address.to_string());
                addresses.contains(&address) || is_common
            }
            _other => false,
        }
    }

    fn alternative_names(&self) -> (Vec<String>, Vec<IpAddr>) {
        let (mut names, mut addresses) = (Vec::new(), Vec::new());
        let Ok(Some((_, SubjectAltName(alternatives)))) = self.content().get::<SubjectAltName>()
        else {
            return (names, addresses);
        };
        for alternative in alternatives {
            match alternative {
                GeneralName::DnsName(name) => names.push(name.as_str().to_owned()),
                GeneralName::IpAddress(bytes) => addresses.extend(ip(bytes.as_bytes())),
                _other => {}
            }
        }
        (names, addresses)
    }

    fn common_names(&self) -> Vec<String> {
        let parts = self
            .content()
            .subject
            .0
            .iter()
            .flat_map(|part| part.0.iter());
        let common = parts.filter(|attribute| attribute.oid.to_string() == COMMON_NAME);
        common
            .filter_map(|attribute| String::from_utf8(attribute.value.value().to_vec()).ok())
            .collect()
    }
}

impl PublicKey {
    /// The key in the form that rustls expects.
    pub fn as_der(&self) -> &SubjectPublicKeyInfoDer<'static> {
        &self.0
    }

    /// Whether `signature` of `message` was made with it.
    pub fn has_signed(
        &self,
        algorithm: &dyn SignatureVerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        RawPublicKeyEntity::try_from(&self.0)
            .is_ok_and(|key| key.verify_signature(algorithm, message, signature).is_ok())
    }
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// Whether `host` matches `pattern`, in which `*.` stands for one label. A pattern for a whole
/// top-level domain (`*.com`) matches nothing.
fn fits(pattern: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.');
    match pattern.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(label, rest)| {
            !label.is_empty() && domain.contains('.') && rest.eq_ignore_ascii_case(domain)
        }),
        None => host.eq_ignore_ascii_case(pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        for (pattern, host, expected) in [
            ("db.example", "DB.example", true),
            ("*.example.org", "db.example.org", true),
            ("*.example.org", "a.db.example.org", false),
            ("*.example.org", "example.org", false),
            ("*.org", "example.org", false),
            ("*", "db", false),
            ("db*.example", "db1.example", false),
        ] {
            assert_eq!(fits(pattern, host), expected, "{pattern} {host}");
        }
    }

    fn certificate(names: &[&str], common: &str) -> Certificate {
        let key = rcgen::KeyPair::generate().expect("a key");
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = rcgen::CertificateParams::new(names).expect("names");
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, common);
        Certificate::parse(parameters.self_signed(&key).expect("signs").der())
            .expect("a certificate")
    }

    #[test]
    fn the_subject_counts_only_without_other_names() {
        let is_for = |certificate: &Certificate, host: &'static str| {
            certificate.is_for(&ServerName::try_from(host).expect("a host"))
        };
        let only_subject = certificate(&[], "db.example");
        assert!(is_for(&only_subject, "db.example") && !is_for(&only_subject, "other.example"));
        let named = certificate(&["db.example", "10.0.0.1"], "old.example");
        assert!(is_for(&named, "db.example") && is_for(&named, "10.0.0.1"));
        assert!(!is_for(&named, "old.example") && !is_for(&named, "10.0.0.2"));
        let address = certificate(&[], "10.0.0.1");
        assert!(is_for(&address, "10.0.0.1"));
    }

    #[test]
    fn a_signature_is_its_issuers() {
        let provider = rustls::crypto::ring::default_provider();
        let algorithms = provider.signature_verification_algorithms;
        let one = certificate(&[], "same");
        let other = certificate(&[], "same");
        assert!(one.is_signed_by(&one, &algorithms) && !one.is_signed_by(&other, &algorithms));
        assert!(
            one.is_valid_at(UnixTime::now())
                && !one.is_valid_at(UnixTime::since_unix_epoch(Default::default()))
        );
    }
}
