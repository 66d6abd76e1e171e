package reach

import "strings"

func set(names string) map[string]bool {
	all := map[string]bool{}
	for _, n := range strings.Fields(names) {
		all[n] = true
	}
	return all
}

// aggregate are DuckDB's functions that make one value of many rows; a test compares the list with DuckDB's own.
var aggregate = set(`any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null
	arg_max_nulls_last arg_min arg_min_null arg_min_nulls_last argmax argmin array_agg avg bit_and bit_or bit_xor bitstring_agg
	bool_and bool_or corr count count_if count_star countif covar_pop covar_samp cume_dist dense_rank entropy favg fill first
	first_value fsum group_concat histogram histogram_exact kahan_sum kurtosis kurtosis_pop lag last last_value lead list listagg
	mad max max_by mean median min min_by mode nth_value ntile percent_rank product quantile quantile_cont quantile_disc rank
	rank_dense regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy reservoir_quantile
	row_number sem skewness stddev stddev_pop stddev_samp string_agg sum sum_no_overflow sumkahan var_pop var_samp variance`)

// Aggregate says whether a function makes one value of many rows.
func Aggregate(name string) bool { return aggregate[name] }

// moving are functions whose value changes though no row does, or with every call.
var moving = set(`now today transaction_timestamp current_date get_current_time get_current_timestamp current_localtime
	current_localtimestamp nextval random uuidv7 gen_random_uuid uuidv4 uuid setseed currval age`)

// clocks are the words that read the clock without being written as a function.
var clocks = set(`current_date current_time current_timestamp localtime localtimestamp`)

func steady(name string) error {
	if moving[strings.ToLower(name)] {
		return refuse("it calls %s(), whose value changes although no row does", strings.ToLower(name))
	}
	return nil
}

func steadyWord(names []string, s *scope) error {
	if len(names) == 1 && clocks[names[0]] && s.find(names) == nil {
		return refuse("it reads %s, which changes although no row does", names[0])
	}
	return nil
}
