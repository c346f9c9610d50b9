//! The documentation of the public derivatives.

/// Where that documentation is written.
pub(super) struct Docs;

impl Docs {
    /// One line of documentation for a public derivative.
    pub(super) fn line(base: &str, name: &str) -> String {
        match base {
            "grad" => format!("The gradient of [`{name}`] with respect to its differentiable parameters, in order."),
            "value_and_grad" => {
                format!("The value of [`{name}`] and its gradient, from one forward and one backward sweep.")
            }
            "grad_into" => {
                format!("Adds the gradient of [`{name}`] to the buffers and returns the value.")
            }
            "vjp" => format!(
                "The value of [`{name}`] and its pullback, from cotangents of the value to gradients. What a cotangent \
                 leaves out (`None`, an empty `Vec`) is zero; one of another shape makes the pullback panic."
            ),
            "jvp" => {
                format!(
                    "The value of [`{name}`] and its derivative along the given tangents. One that has not the shape of its \
                     parameter makes it panic, with the parameter's name and both shapes."
                )
            }
            "jvps" => {
                format!("The value of [`{name}`] and its derivatives along several directions, from one sweep.")
            }
            "source" => format!("The source code of the derivative of [`{name}`]."),
            "graph" => format!(
                "The data-flow graph of [`{name}`] and of its derivative, which prints as Graphviz DOT and as Mermaid."
            ),
            "check" => format!(
                "Checks the derivatives of [`{name}`] at a point: reverse mode against forward mode, and both against central differences."
            ),
            "check_with" => format!("Checks the derivatives of [`{name}`] at a point, with the given tolerance."),
            "hvp" => format!(
                "The Hessian of [`{name}`] times a vector, of the shape of the parameters; one of another shape makes it panic."
            ),
            "hessian" => format!("The Hessian of [`{name}`], over the scalars of its differentiable parameters."),
            "jacobian" => format!(
                "The Jacobian of [`{name}`]: a row for each scalar of the value, a column for each scalar of the differentiable parameters."
            ),
            "jacobian_pattern" => format!(
                "Which entries of the Jacobian of [`{name}`] may be other than zero, in the branches that are taken at this point."
            ),
            "jacobian_sparse" => {
                format!("The entries of a pattern of the Jacobian of [`{name}`], as coordinate lists.")
            }
            "hessian_diagonal" => {
                format!("The diagonal of the Hessian of [`{name}`], over the columns of the Jacobian.")
            }
            other => format!("`{other}` of [`{name}`]."),
        }
    }
}
