//! Numbers that are computed after each epoch.

/// A named number computed from a model and data; made by [`Fit::metric`](super::Fit::metric).
#[derive(Clone, Debug)]
pub struct Metric<G> {
    pub(super) name: String,
    pub(super) compute: G,
}

/// The names of several metrics.
pub trait MetricNames {
    /// Whether one of them is called so.
    fn has(&self, name: &str) -> bool;
}

impl MetricNames for () {
    fn has(&self, _: &str) -> bool {
        false
    }
}

impl<A: MetricNames, G> MetricNames for (A, Metric<G>) {
    fn has(&self, name: &str) -> bool {
        self.1.name == name || self.0.has(name)
    }
}

/// Several metrics, as [`Fit`](super::Fit) collects them.
pub trait Metrics<M, X, Y> {
    /// Adds names and values to `values`.
    fn compute(&self, model: &M, x: &X, y: &Y, values: &mut Vec<(String, f64)>);
}

impl<M, X, Y> Metrics<M, X, Y> for () {
    fn compute(&self, _: &M, _: &X, _: &Y, _: &mut Vec<(String, f64)>) {}
}

impl<M, X, Y, A, G> Metrics<M, X, Y> for (A, Metric<G>)
where
    A: Metrics<M, X, Y>,
    G: Fn(&M, &X, &Y) -> f64,
{
    fn compute(&self, model: &M, x: &X, y: &Y, values: &mut Vec<(String, f64)>) {
        self.0.compute(model, x, y, values);
        values.push((self.1.name.clone(), (self.1.compute)(model, x, y)));
    }
}
