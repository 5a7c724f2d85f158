-- deals, opened, touches · group_by: ['metric_time__quarter', 'account__segment'] · start: 2024-01
WITH deals_by_quarter AS (
  SELECT
    DATE_TRUNC('quarter', deals.closed) AS metric_time__quarter,
    account.segment AS account__segment,
    COUNT(*) AS deals
  FROM deals
  LEFT JOIN accounts AS account ON deals.account_id = account.account_id
  WHERE deals.closed >= CAST('2024-01-01' AS DATE)
  GROUP BY DATE_TRUNC('quarter', deals.closed), account.segment
),
deals_by_quarter_2 AS (
  SELECT
    DATE_TRUNC('quarter', deals.opened) AS metric_time__quarter,
    account.segment AS account__segment,
    COUNT(*) AS opened
  FROM deals
  LEFT JOIN accounts AS account ON deals.account_id = account.account_id
  WHERE deals.opened >= CAST('2024-01-01' AS DATE)
  GROUP BY DATE_TRUNC('quarter', deals.opened), account.segment
),
touches_by_quarter AS (
  SELECT
    DATE_TRUNC('quarter', touches.touched) AS metric_time__quarter,
    account.segment AS account__segment,
    COUNT(*) AS touches
  FROM touches
  LEFT JOIN accounts AS account ON touches.account_id = account.account_id
  WHERE touches.touched >= CAST('2024-01-01' AS DATE)
  GROUP BY DATE_TRUNC('quarter', touches.touched), account.segment
),
all_rows AS (
  SELECT
    metric_time__quarter,
    account__segment,
    deals,
    NULL AS opened,
    NULL AS touches
  FROM deals_by_quarter
  UNION ALL
  SELECT
    metric_time__quarter,
    account__segment,
    NULL AS deals,
    opened,
    NULL AS touches
  FROM deals_by_quarter_2
  UNION ALL
  SELECT
    metric_time__quarter,
    account__segment,
    NULL AS deals,
    NULL AS opened,
    touches
  FROM touches_by_quarter
)
SELECT
  metric_time__quarter,
  account__segment,
  MAX(deals) AS deals,
  MAX(opened) AS opened,
  MAX(touches) AS touches
FROM all_rows
GROUP BY metric_time__quarter, account__segment
ORDER BY metric_time__quarter, account__segment
