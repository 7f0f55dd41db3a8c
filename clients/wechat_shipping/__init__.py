"""微信小程序发货信息管理: goods paid in a mini-program are told to WeChat as shipped, or their money stays frozen."""
