-- typical, large, large_real, large_about
SELECT
  quantileExactInclusive(0.5)(deals.amount) AS typical,
  quantileExactInclusive(0.9)(deals.amount) AS large,
  IF(COUNT(deals.amount) = 0, NULL, arrayElement(arraySort(groupArray(deals.amount)), greatest(1, toUInt64(ceil(0.9 * COUNT(deals.amount)))))) AS large_real,
  quantileTDigest(0.9)(deals.amount) AS large_about
FROM deals
SETTINGS join_use_nulls = 1
