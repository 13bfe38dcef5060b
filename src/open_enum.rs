//! Enums that the service may add to at any time.

/// Declares an open enum: the values known today, and `Other` for those of tomorrow, which is kept as
/// it came, compares, prints and is written back unchanged.
macro_rules! open_enum {
    ($(#[$docs:meta])* pub enum $name:ident { $($(#[$value_docs:meta])* $value:ident = $text:literal),+ $(,)? }) => {
        $(#[$docs])*
        ///
        /// An open enum: parse any text with `From<&str>`; what is not known is kept as it came.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`")]
                $(#[$value_docs])*
                $value,
            )+
            /// A value that this version of the crate does not know, as it came.
            #[non_exhaustive]
            Other(Box<str>),
        }

        impl $name {
            /// The values known to this version of the crate, in the vendor's order.
            pub const KNOWN: &'static [$name] = &[$($name::$value),+];

            /// The value as the service spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$value => $text,)+
                    $name::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => $name::$value,)+
                    other => $name::Other(other.into()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::serde_util::borrowed_str(deserializer, |text| $name::from(text))
            }
        }
    };
}

pub(crate) use open_enum;
