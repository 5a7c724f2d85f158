SELECT
  deals.stage,
  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY deals.amount) AS typical,
  COUNT(*) AS deals
FROM deals
GROUP BY deals.stage
ORDER BY typical DESC NULLS LAST, stage
LIMIT 2
