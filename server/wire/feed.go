package wire

// FeedStatus is where a feed stands.
type FeedStatus struct {
	Feed     string          `json:"feed"`
	Source   string          `json:"source"`
	Rows     int64           `json:"rows"`
	Seen     int64           `json:"seen"`
	Ignored  int64           `json:"ignored"`
	Aside    int64           `json:"aside" doc:"events that wait for a person"`
	Behind   int64           `json:"behind,omitempty" doc:"of these: that wait behind an older event of their key"`
	Late     int64           `json:"late"`
	Version  int64           `json:"definition"`
	Paused   string          `json:"paused,omitempty" doc:"why it does not go on"`
	PausedBy string          `json:"paused_by,omitempty"`
	Warnings []FeedWarning   `json:"warnings,omitempty" doc:"what is wrong although it goes on; known only while the workspace is served"`
	Read     []FeedPartition `json:"partitions"`
	Kept     int64           `json:"kept_events"`
	KeptSize int64           `json:"kept_bytes"`
	KeptRaw  int64           `json:"kept_raw_bytes"`
	Oldest   string          `json:"kept_since,omitempty" doc:"RFC 3339"`
}

// FeedWarning is something wrong with a feed that goes on all the same; it goes away by itself.
type FeedWarning struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Since     string `json:"since" doc:"RFC 3339"`
	Topic     string `json:"topic,omitempty"`
	Partition *int32 `json:"partition,omitempty"`
	Events    int64  `json:"events,omitempty" doc:"that are kept back, at most: marks of transactions count among them"`
}

// FeedPartition is how far one partition has been taken in.
type FeedPartition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Next      int64  `json:"next"`
	Archived  int64  `json:"archived"`
}

// FeedList is every feed, by name.
type FeedList struct {
	Feeds []FeedStatus `json:"feeds"`
}

// Pause stops a feed.
type Pause struct {
	Why string `json:"why" maxLength:"1000" doc:"the reason, for those who find it paused"`
}

// Resume lets a feed go on.
type Resume struct {
	Accept bool `json:"accept,omitempty" doc:"what is missing of its stream may stay missing, and its place in the group be taken over"`
}
