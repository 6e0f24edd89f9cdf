"""The machinery below the resources. Not public: it may change with any release."""
