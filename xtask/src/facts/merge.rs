//! Facts of several files, and of several readers, as one.

use super::{Facts, Requested};

impl Facts {
    /// Adds `other`, whose declarations come after those that are there.
    pub fn merge(&mut self, other: Self) {
        // Taken apart by name, so that a new kind of fact cannot be forgotten here.
        let Self {
            requested,
            types,
            schemas,
            tables,
            listed_tables,
            enums,
            objects,
            routes,
            contracts,
            exchanges,
            unresolved_endpoints,
            row_uses,
            given,
            problems,
            files_walked,
            files_ignored,
            files_parsed,
        } = other;
        self.requested.merge(requested);
        self.types.extend(types);
        self.schemas.extend(schemas);
        self.tables.extend(tables);
        self.listed_tables.extend(listed_tables);
        self.enums.extend(enums);
        self.objects.extend(objects);
        self.routes.extend(routes);
        self.contracts.extend(contracts);
        self.exchanges.extend(exchanges);
        self.unresolved_endpoints.extend(unresolved_endpoints);
        self.row_uses.extend(row_uses);
        self.given.extend(given);
        self.problems.extend(problems);
        self.files_walked += files_walked;
        self.files_ignored += files_ignored;
        self.files_parsed += files_parsed;
    }
}

impl Requested {
    fn merge(&mut self, other: Self) {
        let Self {
            types,
            validation,
            tables,
            routes,
            contracts,
        } = other;
        self.types |= types;
        self.validation |= validation;
        self.tables |= tables;
        self.routes |= routes;
        self.contracts |= contracts;
    }
}
