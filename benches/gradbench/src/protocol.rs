//! The protocol: from the text of a message to the text of its response.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::evals;

/// What a message may hold. Which fields there are depends on its kind.
#[derive(Deserialize)]
struct Message {
    id: Value,
    kind: String,
    #[serde(default)]
    module: String,
    #[serde(default)]
    function: String,
    #[serde(default)]
    input: Value,
}

/// Answers one message.
///
/// A line that is no message of the protocol is answered with an error and without an `id`.
pub(crate) fn respond(line: &str) -> Value {
    let message: Message = match serde_json::from_str(line) {
        Ok(message) => message,
        Err(error) => return json!({ "success": false, "error": format!("not a message: {error}") }),
    };
    let id = message.id;
    match message.kind.as_str() {
        "start" => json!({ "id": id, "tool": "differentiable" }),
        "define" => match evals::find(&message.module) {
            Some(_) => json!({ "id": id, "success": true }),
            None => json!({ "id": id, "success": false, "error": format!("no module `{}`", message.module) }),
        },
        "evaluate" => match evaluate(&message.module, &message.function, message.input) {
            Ok((output, timings)) => json!({ "id": id, "success": true, "output": output, "timings": timings }),
            Err(error) => json!({ "id": id, "success": false, "error": error }),
        },
        _ => json!({ "id": id }),
    }
}

fn evaluate(module: &str, function: &str, input: Value) -> Result<(Value, Value), String> {
    let eval = evals::find(module).ok_or_else(|| format!("no module `{module}`"))?;
    let done = eval(function, input)?;
    let timings = done.nanoseconds.iter().map(|ns| json!({ "name": "evaluate", "nanoseconds": ns })).collect();
    Ok((done.output, timings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session() {
        assert_eq!(
            respond(r#"{"id": 0, "kind": "start", "eval": "hello"}"#),
            json!({ "id": 0, "tool": "differentiable" })
        );
        assert_eq!(respond(r#"{"id": 1, "kind": "define", "module": "hello"}"#), json!({ "id": 1, "success": true }));
        let response =
            respond(r#"{"id": 2, "kind": "evaluate", "module": "hello", "function": "double", "input": 3.0}"#);
        assert_eq!(
            (&response["id"], &response["success"], &response["output"]),
            (&json!(2), &json!(true), &json!(6.0))
        );
        assert_eq!(response["timings"][0]["name"], "evaluate");
        assert_eq!(respond(r#"{"id": 3, "kind": "analysis", "of": 2, "valid": true}"#), json!({ "id": 3 }));
    }

    #[test]
    fn what_is_not_known_is_said() {
        let response = respond(r#"{"id": 1, "kind": "define", "module": "foo"}"#);
        assert_eq!(response, json!({ "id": 1, "success": false, "error": "no module `foo`" }));
        let response = respond(r#"{"id": 2, "kind": "evaluate", "module": "hello", "function": "foo", "input": 1.0}"#);
        assert_eq!(response, json!({ "id": 2, "success": false, "error": "no function `foo`" }));
        assert_eq!(respond("x")["success"], false);
    }

    #[test]
    fn functions_run_as_often_as_asked() {
        let line = r#"{"id": 1, "kind": "evaluate", "module": "lse", "function": "gradient",
            "input": {"x": [0.0, 0.0], "min_runs": 7, "min_seconds": 0}}"#;
        let response = respond(line);
        assert_eq!(response["output"], json!([0.5, 0.5]));
        assert_eq!(response["timings"].as_array().map(Vec::len), Some(7));
    }
}
