//! Tells files with Zod schemas, whichever package they take Zod from: other packages re-export it,
//! and so do packages of the monorepo.

use regex::Regex;

/// The signs of Zod schemas in a text.
pub(super) struct ZodPatterns {
    package: Regex,
    object: Regex,
    named: Regex,
    named_object: Regex,
    of_tables: Regex,
}

impl ZodPatterns {
    pub(super) fn new() -> Option<Self> {
        let regex = |pattern| Regex::new(pattern).ok();
        Some(Self {
            package: regex(r#"from\s+['"]zod(?:/[\w-]+)*['"]"#)?,
            object: regex(r"\b(?:z\s*\.\s*)?(?:object|strictObject|looseObject)\s*\(")?,
            // `z` from `@hono/zod-openapi`, from `@acme/validation`, from `./zod`.
            named: regex(r#"\bimport\s[^;'"()]*\bz\b[^;'"()]*\bfrom\s*['"]"#)?,
            named_object: regex(r"\bz\s*\.\s*(?:object|strictObject|looseObject)\s*\(")?,
            // Schemas that are made of an ORM's tables.
            of_tables: regex(r"\bcreate(?:Insert|Select|Update)Schema\s*\(")?,
        })
    }

    /// Whether a text declares schemas of objects.
    pub(super) fn declares_objects(&self, text: &str) -> bool {
        (self.package.is_match(text) && self.object.is_match(text))
            || (self.named.is_match(text) && self.named_object.is_match(text))
            || (text.contains("drizzle-") && self.of_tables.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_known_wherever_zod_comes_from() {
        let patterns = ZodPatterns::new().expect("valid patterns");
        for text in [
            "import { z } from 'zod'; z.object({})",
            "import * as z from \"zod/v4/mini\";\nexport const a = z.object({});",
            "import { object, string } from 'zod/mini'; object({ a: string() })",
            "import { createRoute, z } from '@hono/zod-openapi';\nconst a = z\n  .object({});",
            "import {\n  z,\n} from '@acme/validation';\nz.strictObject({})",
            "import { createInsertSchema } from 'drizzle-zod'; createInsertSchema(users)",
        ] {
            assert!(patterns.declares_objects(text), "{text}");
        }
        for text in [
            "import { createRoute, type z } from '@hono/zod-openapi'; type A = z.infer<typeof a>",
            "import { z } from 'zod'; z.string()",
            "const z = geometry(); z.object()",
            "import yup from 'yup'; yup.object({})",
        ] {
            assert!(!patterns.declares_objects(text), "{text}");
        }
    }
}
