//! Layers one after the other.

use autodiff_macros::{Differentiable, differentiable};

use crate::tangent::Differentiable;
use crate::training::Model;

/// Layers one after the other: a tuple of up to twelve, each given the value of the one before. Keras: `Sequential`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let mut rng = seeded(1);
/// let model = Sequential((
///     Dense::<f32>::new(4, 8, &mut rng).with_activation(Activation::Relu),
///     Dropout::new(0.5, &mut rng),
///     Dense::new(8, 2, &mut rng),
/// ));
/// assert_eq!(model.call(&Array2::ones((3, 4))).dim(), (3, 2));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Differentiable)]
pub struct Sequential<L>(
    /// The layers.
    #[saved(name = "")]
    pub L,
);

macro_rules! sequential {
    ($first:ident $(, $before:ident $layer:ident $index:tt)*; $last:ident) => {
        #[differentiable(order = 2)]
        impl<$first: Model + Differentiable $(, $layer: Model<Input = <$before as Model>::Output> + Differentiable)*> Model
            for Sequential<($first, $($layer,)*)>
        where
            $first::Input: Differentiable,
            $first::Output: Differentiable,
            $($layer::Output: Differentiable,)*
        {
            type Input = <$first as Model>::Input;
            type Output = <$last as Model>::Output;

            #[track_caller]
            fn call(&self, x: &Self::Input) -> Self::Output {
                let y = self.0.0.call(x);
                $(let y = self.0.$index.call(&y);)*
                y
            }
        }
    };
}

sequential!(A; A);
sequential!(A, A B 1; B);
sequential!(A, A B 1, B C 2; C);
sequential!(A, A B 1, B C 2, C D 3; D);
sequential!(A, A B 1, B C 2, C D 3, D E 4; E);
sequential!(A, A B 1, B C 2, C D 3, D E 4, E F 5; F);
sequential!(A, A B 1, B C 2, C D 3, D E 4, E F 5, F G 6; G);
sequential!(A, A B 1, B C 2, C D 3, D E 4, E F 5, F G 6, G H 7; H);
sequential!(A, A B 1, B C 2, C D 3, D E 4, E F 5, F G 6, G H 7, H I 8; I);
sequential!(A, A B 1, B C 2, C D 3, D E 4, E F 5, F G 6, G H 7, H I 8, I J 9; J);
sequential!(A, A B 1, B C 2, C D 3, D E 4, E F 5, F G 6, G H 7, H I 8, I J 9, J K 10; K);
sequential!(A, A B 1, B C 2, C D 3, D E 4, E F 5, F G 6, G H 7, H I 8, I J 9, J K 10, K L 11; L);
