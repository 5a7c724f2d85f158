SELECT
  deals.stage,
  QUANTILE_CONT(deals.amount, 0.5) AS typical,
  COUNT(*) AS deals
FROM deals
GROUP BY deals.stage
ORDER BY typical DESC, stage
LIMIT 2
