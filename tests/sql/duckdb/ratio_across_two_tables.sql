-- deals_per_touch · group_by: ['account__country']
WITH deals_grouped AS (
  SELECT
    account.country AS account__country,
    COUNT(*) AS deals
  FROM deals
  LEFT JOIN accounts AS account ON deals.account_id = account.account_id
  GROUP BY account.country
),
touches_grouped AS (
  SELECT
    account.country AS account__country,
    COUNT(*) AS touches
  FROM touches
  LEFT JOIN accounts AS account ON touches.account_id = account.account_id
  GROUP BY account.country
),
all_rows AS (
  SELECT
    account__country,
    deals,
    NULL AS touches
  FROM deals_grouped
  UNION ALL
  SELECT
    account__country,
    NULL AS deals,
    touches
  FROM touches_grouped
)
SELECT
  account__country,
  CAST(COALESCE(MAX(deals), 0) AS DOUBLE) / NULLIF(MAX(touches), 0) AS deals_per_touch
FROM all_rows
GROUP BY account__country
ORDER BY account__country
