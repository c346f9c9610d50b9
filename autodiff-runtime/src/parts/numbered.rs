//! The numbered fields of tangents: a field marked `#[constant]` has the tangent `()`, which has none.
//!
//! Where generated code reaches a tuple through a field that may be marked, it asks for its parts by methods that tuples,
//! structs with numbered fields and `()` have alike.

macro_rules! fields {
    ($($field:ident, $shared:ident, $unique:ident, $i:tt, $of:ident: [$($tuple:tt)+];)*) => {$(
        #[doc = concat!("Tangents with a field `", stringify!($i), "`.")]
        pub trait $field {
            /// The type of the field.
            type Of;
            /// The field, to be read.
            fn $shared(&self) -> &Self::Of;
            /// The field, to be changed.
            fn $unique(&mut self) -> &mut Self::Of;
        }

        fields!(@ $field, $shared, $unique, $i, $of: $($tuple)+);
    )*};
    (@ $field:ident, $shared:ident, $unique:ident, $i:tt, $of:ident: $(($($name:ident),+))+) => {$(
        impl<$($name),+> $field for ($($name,)+) {
            type Of = $of;
            #[inline]
            fn $shared(&self) -> &$of {
                &self.$i
            }
            #[inline]
            fn $unique(&mut self) -> &mut $of {
                &mut self.$i
            }
        }
    )+};
}

fields! {
    Field0, __field_0, __fieldmut_0, 0, A: [(A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field1, __field_1, __fieldmut_1, 1, B: [(A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field2, __field_2, __fieldmut_2, 2, C: [(A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field3, __field_3, __fieldmut_3, 3, D: [(A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field4, __field_4, __fieldmut_4, 4, E: [(A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field5, __field_5, __fieldmut_5, 5, F: [(A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field6, __field_6, __fieldmut_6, 6, G: [(A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field7, __field_7, __fieldmut_7, 7, H: [(A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field8, __field_8, __fieldmut_8, 8, I: [(A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field9, __field_9, __fieldmut_9, 9, J: [(A, B, C, D, E, F, G, H, I, J) (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field10, __field_10, __fieldmut_10, 10, K: [(A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)];
    Field11, __field_11, __fieldmut_11, 11, L: [(A, B, C, D, E, F, G, H, I, J, K, L)];
}
