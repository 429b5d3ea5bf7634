//! Connections, with TLS or without.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::serve::Listener;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// A browser opens connections that it says nothing on.
const PATIENCE: Duration = Duration::from_secs(10);

/// A listener whose connections come when they have agreed on TLS: one that says nothing holds up
/// no other.
pub(crate) struct TlsListener {
    address: SocketAddr,
    agreed: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    /// Begins to take connections.
    pub(crate) fn new(listener: TcpListener, acceptor: TlsAcceptor) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (agree, agreed) = mpsc::channel(64);
        tokio::spawn(async move {
            while !agree.is_closed() {
                let Ok((stream, from)) = listener.accept().await else {
                    continue;
                };
                let (agree, acceptor) = (agree.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(Ok(stream)) = timeout(PATIENCE, acceptor.accept(stream)).await {
                        let _ = agree.send((stream, from)).await;
                    }
                });
            }
        });
        Ok(Self { address, agreed })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.agreed.recv().await {
            Some(agreed) => agreed,
            // Its task ends with this value only.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}

/// What the certificate and its key allow.
///
/// # Errors
/// Says which file is no good.
pub(crate) fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, String> {
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| format!("--tls-cert: {error}"))?;
    let key = PrivateKeyDer::from_pem_file(key);
    let key = key.map_err(|error| format!("--tls-key: {error}"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(chain, key));
    let config = config.map_err(|error| format!("--tls-cert and --tls-key: {error}"))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
