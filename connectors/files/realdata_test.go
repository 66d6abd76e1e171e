package files

import (
	"os"
	"path/filepath"
	"testing"
)

// realData finds the folder with jaffle_shop and olist: FRESHET_DATA, or shared/data beside the repository.
func realData(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{os.Getenv("FRESHET_DATA"), "../../../shared/data", "../../../../shared/data"} {
		if _, err := os.Stat(filepath.Join(dir, "olist")); dir != "" && err == nil {
			abs, _ := filepath.Abs(dir)
			return abs
		}
	}
	t.Skip("the jaffle_shop and olist files are not on this machine; FRESHET_DATA may name their folder")
	return ""
}

func TestRealData(t *testing.T) {
	f := folder{t, realData(t), newDuck(t)}
	problems, err := f.attach(map[string]any{
		"customers": "jaffle_shop/raw_customers.csv", "orders": "jaffle_shop/raw_orders.csv", "payments": "jaffle_shop/raw_payments.csv",
		"sellers": "olist/olist_sellers_dataset.csv", "products": "olist/olist_products_dataset.csv", "names": "olist/product_category_name_translation.csv",
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "problems", where(problems), "")
	for table, want := range map[string]string{"customers": "100", "orders": "99", "payments": "113", "sellers": "3095", "products": "32951", "names": "71"} {
		same(t, table, f.db.text(t, "SELECT count(*) FROM lake."+table), want)
	}
	same(t, "orders", f.db.types(t, "orders"), "id BIGINT, user_id BIGINT, order_date DATE, status VARCHAR")
	same(t, "names", f.db.types(t, "names"), "product_category_name VARCHAR, product_category_name_english VARCHAR")
	same(t, "misspelt", f.db.text(t, "SELECT count(product_name_lenght), count(*) - count(product_category_name) FROM lake.products"), "32341|610")
	same(t, "joined", f.db.text(t, "SELECT count(*) FROM lake.products JOIN lake.names USING (product_category_name)"), "32328")
	same(t, "sellers", f.db.types(t, "sellers"), "seller_id VARCHAR, seller_zip_code_prefix BIGINT, seller_city VARCHAR, seller_state VARCHAR")
}
