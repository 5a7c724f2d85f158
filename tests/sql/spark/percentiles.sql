-- typical, large, large_real, large_about
SELECT
  PERCENTILE(deals.amount, 0.5) AS typical,
  PERCENTILE(deals.amount, 0.9) AS large,
  PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY deals.amount) AS large_real,
  PERCENTILE_APPROX(deals.amount, 0.9) AS large_about
FROM deals
