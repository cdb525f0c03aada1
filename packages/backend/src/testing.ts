export {
  sessionStoreContract,
  type ContractCase,
  type StoreUnderTest,
} from './session/session-store-contract.js'
