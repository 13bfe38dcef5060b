//! Reads certificates and keys in PEM form. An error names the problem and the command that converts the text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// A block of a PEM text, such as a certificate.
struct Block {
    label: String,
    /// The base64 text, preceded by headers in an old format.
    body: String,
}

impl Block {
    fn is_certificate(&self) -> bool {
        matches!(self.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE")
    }

    fn is_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    /// A block without its end: not base64, so that it is reported with its position.
    fn cut(mut self) -> Block {
        self.body.push('!');
        self
    }

    fn is_encrypted(&self) -> bool {
        self.label.starts_with("ENCRYPTED") || self.body.contains("ENCRYPTED")
    }
}

/// Splits a text into its blocks, without a byte order mark and indentation. Text around the blocks is ignored.
fn blocks(pem: &[u8]) -> Vec<Block> {
    let text = String::from_utf8_lossy(pem);
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) {
            blocks.extend(open.take().map(Block::cut));
            open = Some(Block { label: label.to_owned(), body: String::new() });
        } else if line.starts_with("-----END ") {
            blocks.extend(open.take());
        } else if let Some(block) = &mut open {
            block.body.push_str(line);
        }
    }
    blocks.extend(open.map(Block::cut));
    blocks
}

/// Returns the certificates of a text in DER form, and `None` for each that is not base64.
pub(super) fn parse_each(pem: &[u8]) -> Result<Vec<Option<Vec<u8>>>, String> {
    let blocks = blocks(pem);
    if blocks.iter().any(|block| block.label == "TRUSTED CERTIFICATE") {
        let command = "openssl x509 -in FILE -out CERTIFICATE.pem";
        return Err(format!(
            "it has a block BEGIN TRUSTED CERTIFICATE, a form that only OpenSSL reads; convert it: {command}"
        ));
    }
    let certificates: Vec<&Block> = blocks.iter().filter(|block| block.is_certificate()).collect();
    if certificates.is_empty() {
        return Err(if is_pkcs12(pem) {
            "it is a PKCS #12 file; convert it: openssl pkcs12 -in FILE -nokeys -out CERTIFICATE.pem".to_owned()
        } else if is_der(pem) {
            "it is in DER form; convert it: openssl x509 -inform der -in FILE -out CERTIFICATE.pem".to_owned()
        } else if blocks.iter().any(Block::is_key) {
            "it has a private key and no certificate; pass the certificate".to_owned()
        } else {
            "it has no certificate in PEM form (-----BEGIN CERTIFICATE-----); pass a PEM file".to_owned()
        });
    }
    Ok(certificates.iter().map(|block| BASE64.decode(&block.body).ok()).collect())
}

/// Returns the certificates of a text in DER form. The error names one that is not usable by its position.
pub(super) fn certificates(pem: &[u8], is_usable: fn(&[u8]) -> bool) -> Result<Vec<Vec<u8>>, String> {
    let certificates = parse_each(pem)?;
    let total = certificates.len();
    let usable = certificates.into_iter().enumerate().map(|(i, certificate)| {
        let certificate = certificate.filter(|der| is_usable(der));
        certificate.ok_or_else(|| {
            format!("certificate {} of {total} is damaged and cannot be decoded; remove or replace it", i + 1)
        })
    });
    usable.collect()
}

/// Returns the first private key of a text, as PEM text and with its label.
fn key(pem: &[u8]) -> Result<(String, String), String> {
    let blocks = blocks(pem);
    let Some(key) = blocks.iter().find(|block| block.is_key()) else {
        return Err(if is_pkcs12(pem) {
            "the key is in a PKCS #12 file; convert it: openssl pkcs12 -in FILE -nocerts -nodes -out KEY.pem".to_owned()
        } else if is_der(pem) {
            "the key is in DER form; convert it: openssl pkey -inform der -in KEY -out KEY.pem".to_owned()
        } else if blocks.iter().any(Block::is_certificate) {
            "the key has a certificate and no private key; pass the private key".to_owned()
        } else {
            "the key has no private key in PEM form (-----BEGIN PRIVATE KEY-----)".to_owned()
        });
    };
    if key.is_encrypted() {
        return Err("the key is encrypted; decrypt it: openssl pkey -in KEY.pem -out DECRYPTED.pem".to_owned());
    }
    Ok((encode(&key.label, &key.body), key.label.clone()))
}

/// Returns the chain in DER form, and the private key as PEM text with its label.
pub(super) fn identity(
    (chain, key_pem): &(Vec<u8>, Vec<u8>),
    is_usable: fn(&[u8]) -> bool,
) -> Result<(Vec<Vec<u8>>, String, String), String> {
    let holds = |pem: &[u8]| {
        let blocks = blocks(pem);
        (blocks.iter().any(Block::is_certificate), blocks.iter().any(Block::is_key))
    };
    if (holds(chain), holds(key_pem)) == ((false, true), (true, false)) {
        return Err(
            "the chain and the key are swapped; pass the certificates as the first argument, and the key as the second"
                .to_owned(),
        );
    }
    let certificates = certificates(chain, is_usable)?;
    let (key, label) = key(key_pem)?;
    Ok((certificates, key, label))
}

/// Returns a PEM text of one block.
pub(super) fn encode(label: &str, base64: &str) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (i, c) in base64.chars().enumerate() {
        if i > 0 && i % 64 == 0 {
            text.push('\n');
        }
        text.push(c);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

/// Returns whether the bytes may be PKCS #12: a sequence that starts with version 3.
fn is_pkcs12(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, 0x82, _, _, 2, 1, 3, ..])
}

/// Returns whether the bytes may be DER: a sequence whose length has two bytes.
fn is_der(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, 0x81..=0x83, ..])
}
