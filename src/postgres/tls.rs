//! TLS to PostgreSQL by mode, with the meanings of libpq. The crypto provider is always named; the process's default
//! is never relied on.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::{DatabaseConfig, SettingError, SslMode};

/// The connector for the configured mode. For `disable` it exists as well, and is never asked.
///
/// # Errors
/// A certificate or key file that can't be read, or a system without trusted roots.
pub(crate) fn connector(config: &DatabaseConfig) -> Result<MakeRustlsConnect, SettingError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = verifier(config, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SettingError::new("ssl_mode", format!("TLS can't be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let client = match &config.ssl_identity {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let chain = certificates("ssl_cert", cert)?;
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable("ssl_key", key, &error))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| {
                SettingError::new("ssl_cert", format!("the client certificate can't be used: {error}"))
                    .with_help("POSTGRES_SSL_CERT and POSTGRES_SSL_KEY must belong together")
            })?
        }
    };
    Ok(MakeRustlsConnect::new(client))
}

fn verifier(
    config: &DatabaseConfig,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, SettingError> {
    let algorithms = provider.signature_verification_algorithms;
    match (config.ssl_mode, &config.ssl_root_cert) {
        (SslMode::Disable | SslMode::Prefer, _) => Ok(Arc::new(Unverified { algorithms })),
        (SslMode::Require, None) => {
            tracing::warn!(
                "TLS mode `require` encrypts but doesn't verify the server; give POSTGRES_SSL_ROOT_CERT or use `verify-full`"
            );
            Ok(Arc::new(Unverified { algorithms }))
        }
        (SslMode::Require | SslMode::VerifyCa, _) => Ok(Arc::new(VerifiedChain { roots: roots(config)?, algorithms })),
        (SslMode::VerifyFull, _) => {
            let full = rustls::client::WebPkiServerVerifier::builder_with_provider(
                Arc::new(roots(config)?),
                Arc::clone(provider),
            );
            let full = full.build().map_err(|error| {
                SettingError::new("ssl_root_cert", format!("the trusted roots can't be used: {error}"))
            })?;
            Ok(full)
        }
    }
}

fn roots(config: &DatabaseConfig) -> Result<RootCertStore, SettingError> {
    let mut store = RootCertStore::empty();
    let given = match &config.ssl_root_cert {
        Some(path) => certificates("ssl_root_cert", path)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let (added, _) = store.add_parsable_certificates(given);
    if added > 0 {
        return Ok(store);
    }
    let error = match &config.ssl_root_cert {
        Some(path) => SettingError::new("ssl_root_cert", format!("`{}` holds no usable authority", path.display())),
        None => SettingError::new("ssl_root_cert", "this system has no trusted roots to verify the server with"),
    };
    Err(error
        .with_help("POSTGRES_SSL_ROOT_CERT names a PEM file with the authority that signed the server's certificate"))
}

fn certificates(setting: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, SettingError> {
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| unreadable(setting, path, &error))?.collect();
    match chain {
        Ok(chain) if chain.is_empty() => {
            Err(SettingError::new(setting, format!("`{}` holds no PEM certificate", path.display())))
        }
        Ok(chain) => Ok(chain),
        Err(error) => Err(unreadable(setting, path, &error)),
    }
}

fn unreadable(setting: &'static str, path: &Path, error: &rustls::pki_types::pem::Error) -> SettingError {
    SettingError::new(setting, format!("`{}` can't be read: {error}", path.display()))
}

/// Encryption without knowing to whom: libpq's `prefer`, and `require` without a root certificate.
#[derive(Debug)]
struct Unverified {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    // The signature proves that the peer holds the certificate's key, which is worth nothing without a verified
    // chain; refusing odd certificates here would only be stricter than libpq without being safer.
    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// A chain that ends in a trusted root, whatever name the certificate carries: `verify-ca`.
#[derive(Debug)]
struct VerifiedChain {
    roots: RootCertStore,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for VerifiedChain {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, intermediates, now, self.algorithms.all)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
