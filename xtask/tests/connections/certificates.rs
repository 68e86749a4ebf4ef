//! Certificates for `localhost`, as authorities make them, and as PostgreSQL's documentation has
//! people make them.

use base64::Engine as _;
use rcgen::SigningKey as _;
use x509_cert::der::asn1::BitString;
use x509_cert::der::{Decode as _, Encode as _};

/// A server's certificate and key, and whom a client has to trust for it. All are PEM.
pub struct Identity {
    pub certificate: String,
    pub key: String,
    pub authority: String,
}

impl Identity {
    /// A certificate of an authority.
    pub fn of_authority() -> Self {
        let (issuer, authority) = authority();
        let key = rcgen::KeyPair::generate().expect("a key");
        let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let server = server.signed_by(&key, &issuer).expect("signs");
        Self {
            certificate: server.pem(),
            key: key.serialize_pem(),
            authority,
        }
    }

    /// A certificate that is its own authority, with the host's name in the subject only: `openssl
    /// req -new -x509
    /// -subj /CN=localhost`.
    pub fn own_authority() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut parameters = named();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).expect("signs").pem();
        Self {
            authority: certificate.clone(),
            certificate,
            key: key.serialize_pem(),
        }
    }

    /// The same of version 1, which has no extensions: `openssl x509 -req -signkey server.key`.
    pub fn of_version_1() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = without_extensions(named().self_signed(&key).expect("signs").der(), &key);
        Self {
            authority: certificate.clone(),
            certificate,
            key: key.serialize_pem(),
        }
    }

    /// A certificate of an authority, of version 1: `openssl x509 -req -CA root.crt -CAkey
    /// root.key`.
    pub fn of_version_1_and_authority() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let (issuer, authority) = authority();
        let certificate = named().signed_by(&key, &issuer).expect("signs");
        Self {
            certificate: without_extensions(certificate.der(), issuer.key()),
            key: key.serialize_pem(),
            authority,
        }
    }
}

fn named() -> rcgen::CertificateParams {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters
        .distinguished_name
        .push(rcgen::DnType::CommonName, "localhost");
    parameters
}

fn authority() -> (rcgen::Issuer<'static, rcgen::KeyPair>, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut authority = rcgen::CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&key).expect("signs").pem();
    (rcgen::Issuer::new(authority, key), certificate)
}

/// The certificate as version 1, signed again.
fn without_extensions(der: &[u8], signer: &rcgen::KeyPair) -> String {
    let mut certificate = x509_cert::Certificate::from_der(der).expect("a certificate");
    certificate.tbs_certificate.version = x509_cert::Version::V1;
    certificate.tbs_certificate.extensions = None;
    let content = certificate.tbs_certificate.to_der().expect("encodes");
    certificate.signature =
        BitString::from_bytes(&signer.sign(&content).expect("signs")).expect("bits");
    let text =
        base64::engine::general_purpose::STANDARD.encode(certificate.to_der().expect("encodes"));
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}
