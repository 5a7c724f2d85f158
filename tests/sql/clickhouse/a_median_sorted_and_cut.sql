SELECT
  deals.stage,
  quantileExactInclusive(0.5)(deals.amount) AS typical,
  COUNT(*) AS deals
FROM deals
GROUP BY deals.stage
ORDER BY typical DESC, stage
LIMIT 2
