-- typical, large, large_real, large_about
SELECT
  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY deals.amount) AS typical,
  PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY deals.amount) AS large,
  PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY deals.amount) AS large_real,
  PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY deals.amount) AS large_about
FROM deals
