-- deals, opened, touches · group_by: ['metric_time__year']
WITH deals_by_year AS (
  SELECT
    DATE_TRUNC('year', deals.closed) AS metric_time__year,
    COUNT(*) AS deals
  FROM deals
  GROUP BY DATE_TRUNC('year', deals.closed)
),
deals_by_year_2 AS (
  SELECT
    DATE_TRUNC('year', deals.opened) AS metric_time__year,
    COUNT(*) AS opened
  FROM deals
  GROUP BY DATE_TRUNC('year', deals.opened)
),
touches_by_year AS (
  SELECT
    DATE_TRUNC('year', touches.touched) AS metric_time__year,
    COUNT(*) AS touches
  FROM touches
  GROUP BY DATE_TRUNC('year', touches.touched)
),
all_rows AS (
  SELECT
    metric_time__year,
    deals,
    NULL AS opened,
    NULL AS touches
  FROM deals_by_year
  UNION ALL
  SELECT
    metric_time__year,
    NULL AS deals,
    opened,
    NULL AS touches
  FROM deals_by_year_2
  UNION ALL
  SELECT
    metric_time__year,
    NULL AS deals,
    NULL AS opened,
    touches
  FROM touches_by_year
)
SELECT
  metric_time__year,
  MAX(deals) AS deals,
  MAX(opened) AS opened,
  MAX(touches) AS touches
FROM all_rows
GROUP BY metric_time__year
ORDER BY metric_time__year
