-- typical, large, large_real, large_about
SELECT
  QUANTILE_CONT(deals.amount, 0.5) AS typical,
  QUANTILE_CONT(deals.amount, 0.9) AS large,
  QUANTILE_DISC(deals.amount, 0.9) AS large_real,
  APPROX_QUANTILE(deals.amount, 0.9) AS large_about
FROM deals
