import { Router } from 'express';

import { SearchAuditLogQuerySchema } from '../contracts/audit-log';
import { services } from './services';

const router = Router();

router.get('/', async (request, response) => {
  const query = SearchAuditLogQuerySchema.parse(request.query);
  response.json(await services(request).auditLog.search(query));
});

export default router;
