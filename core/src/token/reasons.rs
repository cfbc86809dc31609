//! Reasons as this room has them: each with a word for logs and a sentence for people, and all of them in one list.

macro_rules! reasons {
    ($(#[doc = $about:literal])* $kind:ident: $($(#[doc = $doc:literal])* $name:ident = $word:literal, $says:literal;)+) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $kind {
            $($(#[doc = $doc])* $name,)+
        }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// A word for logs.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }
        }

        impl core::fmt::Display for $kind {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(match self { $(Self::$name => $says,)+ })
            }
        }

        impl core::error::Error for $kind {}
    };
}

pub(super) use reasons;
