//! Types that come in pairs: `CreateUserRequest` and `CreateUserResponse`.

use std::collections::BTreeMap;

use crate::facts::{ContractReference, DeclarationName, Exchange};
use crate::typescript::syntax::{Module, StatementKind};

/// The pairs that `module` declares; a type without its partner is none.
pub(super) fn read(module: &Module) -> Vec<Exchange> {
    let mut exchanges: BTreeMap<&str, Exchange> = BTreeMap::new();
    for statement in &module.statements {
        let is_type = matches!(
            statement.kind,
            StatementKind::Interface(_) | StatementKind::Alias(_)
        );
        let Some((name, span)) = statement
            .declared()
            .filter(|_| is_type && statement.exported)
        else {
            continue;
        };
        let reference = ContractReference {
            name: name.to_owned(),
            location: module.location(span),
            resolved: true,
            declaration: Some(DeclarationName {
                file: module.path.to_string(),
                name: name.to_owned(),
            }),
            whole: true,
        };
        let (stem, is_request) = match (name.strip_suffix("Request"), name.strip_suffix("Response"))
        {
            (Some(stem), _) => (stem, true),
            (None, Some(stem)) => (stem, false),
            (None, None) => continue,
        };
        let new = Exchange {
            name: stem.to_owned(),
            request: None,
            response: None,
        };
        let exchange = exchanges.entry(stem).or_insert(new);
        let half = if is_request {
            &mut exchange.request
        } else {
            &mut exchange.response
        };
        *half = Some(reference);
    }
    exchanges
        .into_values()
        .filter(|exchange| exchange.request.is_some() && exchange.response.is_some())
        .collect()
}
