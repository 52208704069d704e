//! The store that ends with the process.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use super::{Put, Store, StoreError, Table, Visit};

/// Keys and values in memory.
#[derive(Debug, Default)]
pub struct Memory(RwLock<Everything>);

/// All tables as one, in order.
type Everything = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

impl Store for Memory {
    fn commit(&self, puts: &[Put]) -> Result<(), StoreError> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for put in puts {
            match put {
                Put::Value(table, key, value) => drop(all.insert((*table, key.clone()), value.clone())),
                Put::Nothing(table, key) => drop(all.remove(&(*table, key.clone()))),
                Put::Clear(table) => all.retain(|(of, _), _| of != table),
            }
        }
        Ok(())
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(all.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, from: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let from = Bound::Included((table, from.to_vec()));
        for ((of, key), value) in all.range((from, Bound::Unbounded)) {
            if *of != table || !visit(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn compact(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}
