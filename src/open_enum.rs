//! Enums that the service may extend at any time.

/// Declares an open enum: the values known today, and `Other` for all others. `Other` keeps the text as
/// received; it compares, prints and is written back unchanged.
macro_rules! open_enum {
    ($(#[$docs:meta])* pub enum $name:ident { $($(#[$value_docs:meta])* $value:ident = $text:literal),+ $(,)? }) => {
        $(#[$docs])*
        ///
        /// An open enum: a value that this version of the crate does not know is kept as `Other`. Match such
        /// a value by its text, and give the `match` a last arm for the values that are added later:
        ///
        /// ```
        /// # let value = genesys_journey::segments::Scope::from("Account");
        /// match value.as_str() {
        ///     "Account" => println!("a value that this version does not know"),
        ///     other => println!("{other}"),
        /// }
        /// ```
        ///
        /// `From<&str>` and `FromStr` accept any text. The order is that of the texts, so that it stays the same when values
        /// are added.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`")]
                $(#[$value_docs])*
                $value,
            )+
            /// A value that this version of the crate does not know, as received. The pattern for it is
            /// `Other { .. }`; its text is [`as_str`](Self::as_str).
            #[non_exhaustive]
            Other(Box<str>),
        }

        impl $name {
            /// The values known to this version of the crate, in the vendor's order.
            pub const KNOWN: &'static [$name] = &[$($name::$value),+];

            /// Returns the value as the service spells it.
            #[must_use]
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

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok($name::from(text))
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
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

#[cfg(test)]
mod tests {
    open_enum! {
        /// Values whose order is not that of their texts.
        pub enum Letter {
            Second = "b",
            First = "a",
        }
    }

    #[test]
    fn values_are_ordered_by_their_texts() {
        let mut letters = ["d", "b", "aa", "a"].map(Letter::from);
        letters.sort();
        assert_eq!(letters.each_ref().map(Letter::as_str), ["a", "aa", "b", "d"]);
        assert_eq!(Letter::KNOWN, [Letter::Second, Letter::First]);
        assert!(Letter::First < Letter::Second && Letter::from("aa") < Letter::Second);
    }
}
